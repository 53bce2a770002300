package io.millrace.broker.partition;

import io.millrace.log.LogDirectory;
import io.millrace.log.PartitionLog;
import io.millrace.log.TopicIdMismatchException;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.StorageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All partitions of this node, by name and by topic id. Owned by the node. The control plane changes it from one
 * ordered thread, which opens and creates logs and may block on the disk; request handlers look up from any thread
 * without a lock or an allocation.
 */
public final class PartitionRegistry implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionRegistry.class);
    private static final @Nullable Partition[] NO_PARTITIONS = new Partition[0];

    private final int nodeId;
    private final List<LogDirectory> directories;
    private final Function<String, TopicSettings> settings;
    private final Replication replication;
    private volatile FollowerListener followers = FollowerListener.NONE;
    private final Map<String, Topic> byName = new ConcurrentHashMap<>();
    private final Map<Uuid, Topic> byId = new ConcurrentHashMap<>();

    /** {@code settings} gives what is in force for a topic when one of its partitions first comes to this node. */
    public PartitionRegistry(int nodeId, List<LogDirectory> directories, Function<String, TopicSettings> settings) {
        this(nodeId, directories, settings, Replication.DEFAULTS);
    }

    /** The same for a node that others replicate from. */
    public PartitionRegistry(
            int nodeId,
            List<LogDirectory> directories,
            Function<String, TopicSettings> settings,
            Replication replication) {
        this.nodeId = nodeId;
        this.directories = List.copyOf(directories);
        this.settings = settings;
        this.replication = replication;
    }

    /** Who replicates what others lead; before the first partition comes. */
    public void followers(FollowerListener listener) {
        followers = listener;
    }

    // Control plane

    /**
     * Makes the logs that are missing for these partitions, all at once: the disk is waited for once and not once a partition. What
     * cannot be made is left to {@link #becomeLeader} and {@link #becomeFollower}, which say why.
     */
    public void prepare(List<PartitionState> coming) {
        Map<String, TopicSettings> settingsOf = new HashMap<>();
        Map<LogDirectory, List<LogDirectory.NewLog>> wanted = new LinkedHashMap<>();
        directories.forEach(directory -> wanted.put(directory, new ArrayList<>()));
        for (PartitionState state : coming) {
            if (!hasHome(state)) {
                wanted.entrySet().stream()
                        .min(Comparator.comparingInt(each ->
                                each.getKey().logCount() + each.getValue().size()))
                        .ifPresent(fewest -> fewest.getValue()
                                .add(newLog(state, settingsOf.computeIfAbsent(state.topic(), settings))));
            }
        }
        wanted.forEach(PartitionRegistry::createAll);
    }

    private static void createAll(LogDirectory directory, List<LogDirectory.NewLog> wanted) {
        try {
            directory.createAll(wanted);
        } catch (StorageException e) {
            LOG.debug("logs could not be made together in {}", directory.path(), e);
        }
    }

    private boolean hasHome(PartitionState state) {
        PartitionName name = new PartitionName(state.topic(), state.partition());
        return directories.stream()
                .anyMatch(directory -> directory.log(name.topic(), name.partition()) != null
                        || directory.offline().containsKey(name));
    }

    private static LogDirectory.NewLog newLog(PartitionState state, TopicSettings settings) {
        return new LogDirectory.NewLog(
                state.topic(),
                state.partition(),
                state.topicId().getMostSignificantBits(),
                state.topicId().getLeastSignificantBits(),
                settings.log());
    }

    /**
     * This node leads the partition from now on, in the term that {@code state} names; its log is opened or created.
     *
     * @throws StorageException when the log cannot be had; the partition is registered and answers
     *     KAFKA_STORAGE_ERROR until a later call succeeds
     */
    public Partition becomeLeader(PartitionState state) {
        Partition partition = register(state);
        try {
            openLog(partition);
        } finally {
            partition.lead(state);
            followers.onLead(partition);
        }
        return partition;
    }

    /**
     * Another node leads; this one holds a replica.
     *
     * @throws StorageException as {@link #becomeLeader}
     */
    public Partition becomeFollower(PartitionState state) {
        Partition partition = register(state);
        partition.follow(state);
        boolean open = false;
        try {
            openLog(partition);
            open = true;
        } finally {
            if (!open) {
                followers.onStopped(partition);
            }
        }
        followers.onFollow(partition, state);
        return partition;
    }

    /** The partition leaves this node; those who wait are answered. With {@code deleteLog} its files go, too. */
    public void stop(String topic, int partition, boolean deleteLog) {
        Topic entry = byName.get(topic);
        Partition stopped = entry == null ? null : entry.remove(partition);
        if (entry != null && entry.isEmpty()) {
            byName.remove(topic, entry);
            byId.remove(entry.id, entry);
        }
        if (stopped != null) {
            stop(stopped);
        }
        if (deleteLog) {
            deleteLog(topic, partition);
        }
    }

    /** New settings of a topic are in force, for its open logs, too. */
    public void reconfigure(String topic, TopicSettings next) {
        Topic entry = byName.get(topic);
        if (entry != null) {
            entry.settings = next;
            entry.forEach(partition -> partition.reconfigure(next));
        }
    }

    /** Answers all who wait; the logs stay open, they are their directories'. */
    @Override
    public void close() {
        forEach(this::stop);
    }

    private void stop(Partition partition) {
        partition.stop();
        followers.onStopped(partition);
    }

    // Look-up

    /** The partition if this node holds it. */
    public @Nullable Partition get(String topic, int partition) {
        Topic entry = byName.get(topic);
        return entry == null ? null : entry.get(partition);
    }

    /** The partition if this node holds it. */
    public @Nullable Partition get(Uuid topicId, int partition) {
        Topic entry = byId.get(topicId);
        return entry == null ? null : entry.get(partition);
    }

    /** The name of a topic of which this node holds a partition. */
    public @Nullable String topicName(Uuid topicId) {
        Topic entry = byId.get(topicId);
        return entry == null ? null : entry.name;
    }

    public void forEach(Consumer<Partition> action) {
        byName.values().forEach(entry -> entry.forEach(action));
    }

    private Partition register(PartitionState state) {
        Topic entry = byName.get(state.topic());
        if (entry == null || !entry.id.equals(state.topicId())) {
            entry = replaceTopic(entry, state);
        }
        Partition known = entry.get(state.partition());
        if (known != null) {
            return known;
        }
        Partition added = new Partition(state, nodeId, entry.settings, replication);
        entry.put(added);
        return added;
    }

    /** A topic that is new here, or has been deleted and made again under the same name. */
    private Topic replaceTopic(@Nullable Topic old, PartitionState state) {
        if (old != null) {
            byId.remove(old.id, old);
            old.forEach(this::stop);
        }
        Topic entry = new Topic(state.topic(), state.topicId(), settings.apply(state.topic()));
        byName.put(entry.name, entry);
        byId.put(entry.id, entry);
        return entry;
    }

    private void openLog(Partition partition) {
        if (partition.isOnline()) {
            return;
        }
        LogDirectory directory = home(partition);
        PartitionLog log;
        try {
            log = create(directory, partition);
        } catch (TopicIdMismatchException e) {
            LOG.warn("deleting what is left of an earlier topic of the same name: {}", e.getMessage());
            directory.delete(partition.topic(), partition.partition());
            log = create(directory, partition);
        }
        log.reconfigure(partition.settings().log());
        partition.opened(log, directory);
    }

    private static PartitionLog create(LogDirectory directory, Partition partition) {
        Uuid id = partition.topicId();
        return directory.create(
                partition.topic(),
                partition.partition(),
                id.getMostSignificantBits(),
                id.getLeastSignificantBits(),
                partition.settings().log());
    }

    /**
     * The directory that holds the partition, though it may be offline there; the one with the fewest logs for a new
     * one.
     */
    private LogDirectory home(Partition partition) {
        PartitionName name = new PartitionName(partition.topic(), partition.partition());
        LogDirectory fewest = directories.get(0);
        for (LogDirectory directory : directories) {
            if (directory.log(name.topic(), name.partition()) != null
                    || directory.offline().containsKey(name)) {
                return directory;
            }
            if (directory.logCount() < fewest.logCount()) {
                fewest = directory;
            }
        }
        return fewest;
    }

    private void deleteLog(String topic, int partition) {
        for (LogDirectory directory : directories) {
            if (directory.delete(topic, partition)) {
                LOG.info("deleted log={}-{}", topic, partition);
            }
        }
    }

    /** The partitions of one topic that are here; an array by partition number, replaced whole by the one writer. */
    private static final class Topic {
        final String name;
        final Uuid id;
        /** Read once for all partitions, and again when they change. The control plane's. */
        private TopicSettings settings;

        private volatile @Nullable Partition[] partitions = NO_PARTITIONS;

        Topic(String name, Uuid id, TopicSettings settings) {
            this.name = name;
            this.id = id;
            this.settings = settings;
        }

        @Nullable
        Partition get(int partition) {
            @Nullable Partition[] all = partitions;
            return partition >= 0 && partition < all.length ? all[partition] : null;
        }

        void put(Partition added) {
            int index = added.partition();
            @Nullable Partition[] next = Arrays.copyOf(partitions, Math.max(partitions.length, index + 1));
            next[index] = added;
            partitions = next;
        }

        @Nullable
        Partition remove(int partition) {
            Partition removed = get(partition);
            if (removed != null) {
                @Nullable Partition[] next = partitions.clone();
                next[partition] = null;
                partitions = next;
            }
            return removed;
        }

        boolean isEmpty() {
            return Arrays.stream(partitions).allMatch(partition -> partition == null);
        }

        void forEach(Consumer<Partition> action) {
            for (Partition partition : partitions) {
                if (partition != null) {
                    action.accept(partition);
                }
            }
        }
    }
}
