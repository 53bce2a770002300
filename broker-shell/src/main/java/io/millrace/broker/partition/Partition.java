package io.millrace.broker.partition;

import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.LogDirectory;
import io.millrace.log.PartitionLog;
import io.millrace.log.checkpoint.PartitionName;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica of a partition on this node. Owned by the {@link PartitionRegistry}, whose caller changes its state from one thread;
 * appended to and read from any event loop, or from the thread that replicates.
 *
 * <p>Invariants: the high watermark never passes the log end offset, and only grows while this node leads; with this
 * node alone in sync it is the log end offset as soon as an append returns. A listener that was added before the
 * watermark moved is told of it: add first, then look.
 *
 * <p>One lock, {@code transition}: whoever changes the state holds it, and so does everything that is only right in the state that it was
 * begun in: what a follower does to its log, and what a leader concludes from its followers. A leader's appends do not take it; they are
 * fenced by the epoch under the log's own lock, and while other replicas count the log refuses to move the watermark by itself. Nobody is
 * called back while it is held.
 */
public final class Partition {
    private static final Logger LOG = LoggerFactory.getLogger(Partition.class);

    private final String topic;
    private final Uuid topicId;
    private final int partition;
    private final int nodeId;
    private final Replication replication;
    private final Set<ProgressListener> waiting = ConcurrentHashMap.newKeySet();
    private final EndListeners waitingForEnd = new EndListeners();
    private final HighWatermarkListeners highWatermarkListeners = new HighWatermarkListeners();
    private final LongAdder servedBytes = new LongAdder();
    private final Object transition = new Object();

    /** Null while the log could not be opened. Set once, by the control plane's thread. */
    private volatile @Nullable PartitionLog log;

    /** Where the log is. Set with it, under the lock. */
    private @Nullable LogDirectory directory;

    /** Replaced whole, under the lock. */
    private volatile PartitionState state;

    /** Null where this node does not lead, and where nobody else has a replica. Replaced under the lock. */
    private volatile @Nullable LeaderReplicas others;

    private volatile TopicSettings settings;

    /** Set when the partition has left this node; it takes nothing any more. */
    private volatile boolean stopped;

    Partition(PartitionState state, int nodeId, TopicSettings settings, Replication replication) {
        this.topic = state.topic();
        this.topicId = state.topicId();
        this.partition = state.partition();
        this.nodeId = nodeId;
        this.state = state;
        this.settings = settings;
        this.replication = replication;
    }

    // Append and read

    /**
     * Appends as leader, in the term that {@code result} then names; any thread. When this node alone is in sync the
     * high watermark has advanced before this returns. Waits for nothing: who acknowledges looks at the high watermark
     * and the log's flushed offset.
     *
     * @return {@link AppendStatus#FENCED_EPOCH} when this node does not lead, {@link AppendStatus#OFFLINE} when the log
     *     is not open or has failed
     */
    public AppendStatus append(ByteBuffer batches, AppendOrigin origin, AppendResult result) {
        PartitionState current = state;
        PartitionLog target = log;
        if (stopped || current.leaderId() != nodeId) {
            return AppendStatus.FENCED_EPOCH;
        }
        if (target == null) {
            return AppendStatus.OFFLINE;
        }
        int bytes = batches.remaining();
        AppendStatus status = target.appendAsLeader(batches, current.leaderEpoch(), origin, result);
        result.leaderEpoch(current.leaderEpoch());
        if (status == AppendStatus.APPENDED) {
            appended(target, bytes);
        }
        return status;
    }

    private void appended(PartitionLog target, long newBytes) {
        long endOffset = target.logEndOffset();
        // Looked at after the append: whoever comes into the ISR later has what was appended before.
        LeaderReplicas replicas = others;
        if (replicas == null && target.advanceHighWatermarkAlone(endOffset)) {
            highWatermarkListeners.advanced(endOffset);
            tell(newBytes);
            return;
        }
        replicas = others;
        if (replicas != null && replicas.isAlone()) {
            raiseHighWatermark(target);
        }
        waitingForEnd.tell(this, newBytes);
    }

    /**
     * The log, for reading.
     *
     * @throws IllegalStateException when it is not open; {@link #readError} tells before
     */
    public PartitionLog log() {
        PartitionLog open = log;
        if (open == null) {
            throw new IllegalStateException("log of " + this + " is not open");
        }
        return open;
    }

    /**
     * Whether this node may answer a client that knows {@code clientEpoch} (-1 for none): NONE, or
     * NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH.
     */
    public Errors readError(int clientEpoch) {
        return readError(clientEpoch, true);
    }

    /** The same; without {@code leaderOnly} a follower may answer as well, up to the high watermark that it knows. */
    public Errors readError(int clientEpoch, boolean leaderOnly) {
        PartitionState current = state;
        if (stopped || log == null) {
            return stopped ? Errors.NOT_LEADER_OR_FOLLOWER : Errors.KAFKA_STORAGE_ERROR;
        }
        if (clientEpoch >= 0 && clientEpoch != current.leaderEpoch()) {
            return clientEpoch < current.leaderEpoch() ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH;
        }
        return !leaderOnly || current.leaderId() == nodeId ? Errors.NONE : Errors.NOT_LEADER_OR_FOLLOWER;
    }

    /**
     * The replica that a consumer in a rack had better read from at an offset (KIP-392); -1 where that is this one, or it
     * does not matter.
     */
    public int preferredReplica(String rack, long offset) {
        synchronized (transition) {
            LeaderReplicas replicas = others;
            int found = !replication.rackAware() || replicas == null ? -1 : replicas.inRack(rack, offset);
            return found == nodeId ? -1 : found;
        }
    }

    /**
     * Whether the high watermark may be told: that of a new leader may be below what its predecessor has told, until its followers have
     * confirmed what it began with.
     */
    public boolean isHighWatermarkKnown() {
        LeaderReplicas replicas = others;
        return replicas == null || log().highWatermark() >= replicas.epochStartOffset();
    }

    /** Whether enough replicas are in sync for acks=all. */
    public boolean hasEnoughInSyncReplicas() {
        PartitionState current = state;
        int needed = Math.min(settings.minInsyncReplicas(), current.replicas().size());
        return current.isr().size() >= needed;
    }

    /** So many bytes of it are in an answer to a consumer. */
    public void served(long bytes) {
        servedBytes.add(bytes);
    }

    /** Bytes answered to consumers since the partition came to this node. */
    public long servedBytes() {
        return servedBytes.sum();
    }

    // Waiting

    /** Adds who waits for progress; it looks once more after this call. Any thread. */
    public void addListener(ProgressListener listener) {
        waiting.add(listener);
    }

    public void removeListener(ProgressListener listener) {
        waiting.remove(listener);
    }

    /** Adds a listener until it is removed or this node stops leading. */
    public void addHighWatermarkListener(HighWatermarkListener listener) {
        highWatermarkListeners.add(listener);
        if (!isLeader()) {
            highWatermarkListeners.retire();
        }
    }

    public void removeHighWatermarkListener(HighWatermarkListener listener) {
        highWatermarkListeners.remove(listener);
    }

    /** Tells those who wait that the log start offset, or something else that they may look at, has changed. */
    public void wake() {
        tell(ProgressListener.UNKNOWN_BYTES);
        waitingForEnd.tell(this, ProgressListener.UNKNOWN_BYTES);
    }

    /** Adds a follower's fetch that waits for records; it looks once more after this call. Any thread. */
    public void addEndListener(ProgressListener listener) {
        waitingForEnd.add(listener);
    }

    public void removeEndListener(ProgressListener listener) {
        waitingForEnd.remove(listener);
    }

    private void tell(long newBytes) {
        if (waiting.isEmpty()) {
            return; // an iterator would be the one allocation of an append
        }
        for (ProgressListener listener : waiting) {
            listener.onProgress(this, newBytes);
        }
    }

    // Leading

    /**
     * A follower asks for what begins at {@code offset}, so it has all below. May move the high watermark, and ask for the follower to
     * come into the ISR.
     *
     * @param leaderEpoch in which the follower's log was found to agree with this one
     * @param brokerEpoch of the registration that asks, {@link LiveBrokers#UNKNOWN_EPOCH} where it does not say
     * @return NONE, or why nothing was noted: NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH for one
     *     that has no replica as far as this leader knows
     */
    public Errors followerFetched(int replicaId, int leaderEpoch, long brokerEpoch, long offset, long startOffset) {
        PartitionLog target = log();
        IsrProposal proposal;
        boolean moved;
        synchronized (transition) {
            LeaderReplicas replicas = others;
            FollowerState follower = replicas == null ? null : replicas.get(replicaId);
            if (!isLeader()) {
                return Errors.NOT_LEADER_OR_FOLLOWER;
            }
            if (leaderEpoch != state.leaderEpoch()) {
                return Errors.FENCED_LEADER_EPOCH;
            }
            if (replicas == null || follower == null) {
                return Errors.UNKNOWN_LEADER_EPOCH;
            }
            if (brokerEpoch >= 0 && replication.brokers().epoch(replicaId) > brokerEpoch) {
                return Errors.NOT_LEADER_OR_FOLLOWER; // a request of its last run
            }
            long nowMs = replication.clockMs().getAsLong();
            moved = follower.fetched(offset, startOffset, brokerEpoch, target.logEndOffset(), nowMs);
            proposal = replicas.proposeToAdd(follower, target.highWatermark());
        }
        submit(proposal);
        if (moved) {
            raiseHighWatermark(target);
        }
        return Errors.NONE;
    }

    /** Asks for those to be taken out of the ISR who have not caught up for too long. Any thread, every now and then. */
    public void shrinkIsr() {
        if (others == null) {
            return; // most partitions of a node that is one of many
        }
        IsrProposal proposal;
        synchronized (transition) {
            LeaderReplicas replicas = others;
            PartitionLog open = log;
            proposal = replicas == null || open == null ? null : replicas.proposeToRemove(open.logEndOffset());
        }
        submit(proposal);
    }

    private void submit(@Nullable IsrProposal proposal) {
        if (proposal != null) {
            LOG.info("asking for the ISR of {}", proposal);
            replication.isrUpdates().submit(proposal);
        }
    }

    boolean isPending(IsrProposal proposal) {
        synchronized (transition) {
            LeaderReplicas replicas = others;
            return replicas != null && replicas.isPending(proposal);
        }
    }

    void isrAccepted(IsrProposal proposal, int leaderEpoch, int partitionEpoch, List<Integer> isr) {
        synchronized (transition) {
            LeaderReplicas replicas = others;
            if (replicas == null || !replicas.isPending(proposal) || leaderEpoch != state.leaderEpoch()) {
                return; // the metadata was faster
            }
            PartitionState next = state.withIsr(isr, partitionEpoch);
            state = next;
            replicas.commit(next);
        }
        raiseHighWatermark(log());
        wake();
    }

    /** Where the controller knows more than this leader, it waits for the metadata, and reckons with both sets until then. */
    void isrRefused(IsrProposal proposal, Errors error) {
        boolean superseded = error == Errors.FENCED_LEADER_EPOCH
                || error == Errors.INVALID_UPDATE_VERSION
                || error == Errors.NEW_LEADER_ELECTED
                || error == Errors.UNKNOWN_TOPIC_OR_PARTITION
                || error == Errors.UNKNOWN_TOPIC_ID;
        LOG.info("refused error={} ISR of {}", error, proposal);
        synchronized (transition) {
            LeaderReplicas replicas = others;
            if (!superseded && replicas != null && replicas.isPending(proposal)) {
                replicas.withdraw();
            }
        }
    }

    private void raiseHighWatermark(PartitionLog target) {
        long raised;
        synchronized (transition) {
            if (!isLeader()) {
                return;
            }
            LeaderReplicas replicas = others;
            long end = target.logEndOffset();
            long before = target.highWatermark();
            target.advanceHighWatermark(
                    replicas == null ? end : replicas.highWatermark(end, settings.minInsyncReplicas()));
            raised = target.highWatermark();
            if (raised == before) {
                return;
            }
        }
        highWatermarkListeners.advanced(raised);
        tell(ProgressListener.UNKNOWN_BYTES);
    }

    // Following

    /**
     * Appends what the leader of an epoch has sent. Nothing is appended once the state is another one.
     *
     * @return as {@link PartitionLog#appendAsFollower}; {@link AppendStatus#FENCED_EPOCH} when this node does not follow in that epoch
     */
    public AppendStatus appendAsFollower(ByteBuffer batches, int expectedLeaderEpoch, AppendResult result) {
        synchronized (transition) {
            PartitionLog target = log;
            if (!follows(expectedLeaderEpoch)) {
                return AppendStatus.FENCED_EPOCH;
            }
            return target == null ? AppendStatus.OFFLINE : target.appendAsFollower(batches, result);
        }
    }

    /**
     * Drops what the leader of an epoch does not have.
     *
     * @return false when this node does not follow in that epoch: nothing was done
     * @throws io.millrace.mapped.StorageException when the log has failed
     */
    public boolean truncateTo(long offset, int expectedLeaderEpoch) {
        return following(expectedLeaderEpoch, target -> {
            if (offset < target.logEndOffset()) {
                directory().truncate(Map.of(new PartitionName(topic, partition), offset));
            }
        });
    }

    /** Drops everything and goes on at the leader's log start; otherwise as {@link #truncateTo}. */
    public boolean restartAt(long logStartOffset, int expectedLeaderEpoch) {
        return following(
                expectedLeaderEpoch, target -> directory().truncateFullyAndStartAt(topic, partition, logStartOffset));
    }

    /** Cuts go through the directory: what its checkpoints promise is lowered before anything is cut. */
    private LogDirectory directory() {
        return Objects.requireNonNull(directory);
    }

    /**
     * Takes over how far the leader of an epoch has committed and what it has deleted, as far as it is here; nothing
     * when this node does not follow in that epoch.
     *
     * @throws io.millrace.mapped.StorageException when the log has failed
     */
    public void followerHighWatermark(long highWatermark, long leaderLogStart, int expectedLeaderEpoch) {
        long before = log().highWatermark();
        following(expectedLeaderEpoch, target -> {
            target.advanceHighWatermark(highWatermark);
            if (leaderLogStart > target.logStartOffset()) {
                target.advanceLogStartOffset(
                        leaderLogStart); // not beyond its end: then it is for the fetcher to start anew
            }
        });
        if (log().highWatermark() > before) {
            tell(ProgressListener.UNKNOWN_BYTES);
        }
    }

    private boolean following(int expectedLeaderEpoch, Consumer<PartitionLog> action) {
        synchronized (transition) {
            PartitionLog target = log;
            if (target == null || !follows(expectedLeaderEpoch)) {
                return false;
            }
            action.accept(target);
            return true;
        }
    }

    private boolean follows(int expectedLeaderEpoch) {
        PartitionState current = state;
        return !stopped && current.leaderId() != nodeId && current.leaderEpoch() == expectedLeaderEpoch;
    }

    // Control plane; its one thread

    void opened(PartitionLog opened, LogDirectory in) {
        synchronized (transition) {
            directory = in;
            opened.replicated(true); // until it is known that nobody else counts
            opened.fenceLeadersBefore(state.leaderEpoch());
            log = opened;
        }
    }

    /** Leads even where the log has failed: appends are then refused by it, and the caller hears why. */
    void lead(PartitionState next) {
        PartitionLog open = log;
        synchronized (transition) {
            if (isOlderThanKnown(next)) {
                return;
            }
            LeaderReplicas before = isLeader() ? others : null;
            try {
                if (open != null && next.leaderEpoch() > open.epochs().latestEpoch()) {
                    open.beginLeaderEpoch(next.leaderEpoch());
                }
            } finally {
                others = open == null ? null : LeaderReplicas.begin(this, nodeId, replication, next, before, open);
                state = next;
            }
        }
        if (open != null) {
            raiseHighWatermark(open);
        }
        wake();
    }

    /** The controller's answer to a change of the ISR may be here before the metadata of earlier changes. */
    private boolean isOlderThanKnown(PartitionState next) {
        PartitionState known = state;
        return isLeader()
                && next.leaderEpoch() == known.leaderEpoch()
                && next.partitionEpoch() < known.partitionEpoch();
    }

    void follow(PartitionState next) {
        synchronized (transition) {
            PartitionLog open = log;
            if (open != null) {
                open.replicated(true);
                open.fenceLeadersBefore(next.leaderEpoch());
            }
            others = null;
            state = next;
        }
        highWatermarkListeners.retire();
        wake();
    }

    void stop() {
        synchronized (transition) {
            stopped = true;
            others = null;
        }
        highWatermarkListeners.retire();
        wake();
    }

    void reconfigure(TopicSettings next) {
        settings = next;
        PartitionLog open = log;
        if (open != null) {
            open.reconfigure(next.log());
        }
    }

    // What it is

    public String topic() {
        return topic;
    }

    public Uuid topicId() {
        return topicId;
    }

    public int partition() {
        return partition;
    }

    /** The state in force; one read gives a consistent view. */
    public PartitionState state() {
        return state;
    }

    public TopicSettings settings() {
        return settings;
    }

    public boolean isLeader() {
        return !stopped && state.leaderId() == nodeId;
    }

    public int leaderEpoch() {
        return state.leaderEpoch();
    }

    /** The next offset of this replica. */
    public long logEndOffset() {
        return log().logEndOffset();
    }

    /** Whether the log is open and has not failed. */
    public boolean isOnline() {
        PartitionLog open = log;
        return !stopped && open != null && open.failure() == null;
    }

    @Override
    public String toString() {
        return topic + "-" + partition;
    }
}
