package io.millrace.broker.partition;

import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.PartitionLog;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One partition on this node. Owned by the {@link PartitionRegistry}, whose caller changes its state from one thread;
 * appended to and read from any event loop.
 *
 * <p>Invariants: the high watermark never passes the log end offset, and only grows while this node leads; with this
 * node alone in sync it is the log end offset as soon as an append returns. A listener that was added before the
 * watermark moved is told of it: add first, then look.
 */
public final class Partition {
    private final String topic;
    private final Uuid topicId;
    private final int partition;
    private final int nodeId;
    private final Set<ProgressListener> waiting = ConcurrentHashMap.newKeySet();
    private final HighWatermarkListeners highWatermarkListeners = new HighWatermarkListeners();

    /** Null while the log could not be opened. Set once, by the control plane's thread. */
    private volatile @Nullable PartitionLog log;

    /** Replaced whole by the control plane's thread. */
    private volatile PartitionState state;

    private volatile TopicSettings settings;

    /** Set when the partition has left this node; it takes nothing any more. */
    private volatile boolean stopped;

    Partition(PartitionState state, int nodeId, TopicSettings settings) {
        this.topic = state.topic();
        this.topicId = state.topicId();
        this.partition = state.partition();
        this.nodeId = nodeId;
        this.state = state;
        this.settings = settings;
    }

    // Append and read

    /**
     * Appends as leader; any thread. When this node alone is in sync the high watermark has advanced before this
     * returns. Waits for nothing: who acknowledges looks at the high watermark and the log's flushed offset.
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
        if (status == AppendStatus.APPENDED) {
            advanceHighWatermark(target, current, bytes);
        }
        return status;
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
        PartitionState current = state;
        if (stopped || log == null) {
            return stopped ? Errors.NOT_LEADER_OR_FOLLOWER : Errors.KAFKA_STORAGE_ERROR;
        }
        if (clientEpoch >= 0 && clientEpoch != current.leaderEpoch()) {
            return clientEpoch < current.leaderEpoch() ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH;
        }
        return current.leaderId() == nodeId ? Errors.NONE : Errors.NOT_LEADER_OR_FOLLOWER;
    }

    /** Whether enough replicas are in sync for acks=all. */
    public boolean hasEnoughInSyncReplicas() {
        PartitionState current = state;
        int needed = Math.min(settings.minInsyncReplicas(), current.replicas().size());
        return current.isr().size() >= needed;
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
    }

    private void advanceHighWatermark(PartitionLog target, PartitionState current, long newBytes) {
        // The seam of replication: with followers in sync the watermark waits for what they have fetched.
        if (current.isr().size() > 1) {
            return;
        }
        long endOffset = target.logEndOffset();
        target.advanceHighWatermark(endOffset);
        highWatermarkListeners.advanced(endOffset);
        tell(newBytes);
    }

    private void tell(long newBytes) {
        if (waiting.isEmpty()) {
            return; // an iterator would be the one allocation of an append
        }
        for (ProgressListener listener : waiting) {
            listener.onProgress(this, newBytes);
        }
    }

    // Control plane; its one thread

    void opened(PartitionLog opened) {
        log = opened;
    }

    /** Leads even where the log has failed: appends are then refused by it, and the caller hears why. */
    void lead(PartitionState next) {
        PartitionLog open = log;
        try {
            if (open != null && next.leaderEpoch() > open.epochs().latestEpoch()) {
                open.beginLeaderEpoch(next.leaderEpoch());
            }
        } finally {
            state = next;
            if (open != null) {
                advanceHighWatermark(open, next, ProgressListener.UNKNOWN_BYTES);
            }
            wake();
        }
    }

    void follow(PartitionState next) {
        state = next;
        highWatermarkListeners.retire();
        wake();
    }

    void stop() {
        stopped = true;
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
