package io.millrace.broker.replica;

import io.millrace.broker.partition.FollowerListener;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.network.ChannelBuilder;
import org.apache.kafka.common.utils.LogContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who fetches what: one {@link LeaderFetcher}, or {@code num.replica.fetchers} of them, for each broker that leads something that this node
 * follows; it comes with the first such partition and goes with the last.
 *
 * <p>Owned by the node. The metadata thread tells what is followed; nothing it calls waits.
 */
public final class ReplicaFetchers implements FollowerListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaFetchers.class);
    private static final long STOP_MS_MAX = 10_000;
    private static final int NO_LEADER = -1;

    /** A fetcher among those of its leader. */
    private record Slot(int leaderId, int number) {}

    private record Assignment(Slot slot, int leaderEpoch) {}

    private record Running(LeaderFetcher fetcher, Thread thread) {}

    private final FetcherSettings settings;
    private final LeaderLinks links;
    private final LongSupplier brokerEpoch;

    /** Guarded by this. */
    private final Map<Slot, Running> running = new HashMap<>();
    /** Which of them has the partition, and in which term. Guarded by this. */
    private final Map<Partition, Assignment> assignments = new HashMap<>();
    /** Guarded by this. */
    private boolean closed;

    ReplicaFetchers(FetcherSettings settings, LeaderLinks links, LongSupplier brokerEpoch) {
        this.settings = settings;
        this.links = links;
        this.brokerEpoch = brokerEpoch;
    }

    /**
     * Fetchers that connect by the inter-broker listener.
     *
     * @param addresses of brokers that are alive, by their ids
     * @param channels makes what one connection needs to speak the listener's security protocol
     * @param brokerEpoch of this broker's registration, told to the leaders
     */
    public static ReplicaFetchers connecting(
            FetcherSettings settings,
            ConnectionOptions options,
            IntFunction<Optional<Node>> addresses,
            Supplier<ChannelBuilder> channels,
            LongSupplier brokerEpoch) {
        LeaderLinks links = (leader, number) -> new NetworkLeaderLink(
                () -> addresses.apply(leader),
                "broker-" + settings.nodeId() + "-fetcher-" + number,
                options,
                channels.get(),
                new LogContext("[fetcher of broker " + settings.nodeId() + " from leader " + leader + "] "));
        return new ReplicaFetchers(settings, links, brokerEpoch);
    }

    @Override
    public synchronized void onFollow(Partition partition, PartitionState state) {
        if (closed) {
            return;
        }
        if (state.leaderId() == NO_LEADER) {
            leave(partition, null);
            return;
        }
        Slot slot = new Slot(state.leaderId(), numberOf(partition));
        Assignment next = new Assignment(slot, state.leaderEpoch());
        if (next.equals(assignments.get(partition))) {
            return; // something else about the partition has changed
        }
        leave(partition, slot);
        assignments.put(partition, next);
        running.computeIfAbsent(slot, this::start).fetcher().follow(partition, state.leaderEpoch());
    }

    @Override
    public synchronized void onLead(Partition partition) {
        leave(partition, null);
    }

    @Override
    public synchronized void onStopped(Partition partition) {
        leave(partition, null);
    }

    private int numberOf(Partition partition) {
        return Math.floorMod(31 * partition.topicId().hashCode() + partition.partition(), settings.fetchersPerLeader());
    }

    /** The fetcher that has the partition forgets it, unless it is the one that is to have it. */
    private void leave(Partition partition, @Nullable Slot unless) {
        Assignment before = assignments.get(partition);
        if (before == null || before.slot().equals(unless)) {
            return;
        }
        assignments.remove(partition);
        Running had = running.get(before.slot());
        if (had != null) {
            had.fetcher().forget(partition);
        }
    }

    private Running start(Slot slot) {
        LeaderLink link = links.to(slot.leaderId(), slot.number());
        LeaderFetcher fetcher =
                new LeaderFetcher(slot.leaderId(), settings, link, brokerEpoch, it -> retires(slot, it));
        String name = "millrace-fetcher-" + slot.leaderId() + (slot.number() == 0 ? "" : "-" + slot.number());
        Thread thread = new Thread(fetcher, name);
        thread.setDaemon(true);
        thread.start();
        return new Running(fetcher, thread);
    }

    /** A fetcher that follows nothing ends, unless something has just been put into its inbox. */
    private synchronized boolean retires(Slot slot, LeaderFetcher fetcher) {
        if (fetcher.hasMail()) {
            return false;
        }
        Running removed = running.remove(slot);
        if (removed != null && removed.fetcher() != fetcher) {
            running.put(slot, removed);
        }
        return true;
    }

    /** How many fetchers there are now. */
    synchronized int count() {
        return running.size();
    }

    /** Nothing is fetched or appended any more when this returns. */
    @Override
    public void close() {
        List<Running> stopping;
        synchronized (this) {
            closed = true;
            stopping = new ArrayList<>(running.values());
            running.clear();
            assignments.clear();
        }
        stopping.forEach(each -> each.fetcher().stop());
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STOP_MS_MAX);
        for (Running each : stopping) {
            join(each.thread(), deadlineNs);
        }
    }

    private static void join(Thread thread, long deadlineNs) {
        try {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
            thread.join(Math.max(1, leftMs));
            if (thread.isAlive()) {
                LOG.warn("thread={} does not stop", thread.getName());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
