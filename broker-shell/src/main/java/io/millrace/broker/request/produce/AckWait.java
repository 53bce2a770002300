package io.millrace.broker.request.produce;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.ProgressListener;
import io.millrace.log.AppendResult;
import io.millrace.log.FlushCallback;
import io.millrace.mapped.StorageException;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * The acknowledgement of one appended batch that has to wait: until the high watermark has reached its end (acks=all),
 * until its bytes are on the disk (sync), or both. Ends once, with NONE or the error the producer is told; any thread.
 */
final class AckWait implements ProgressListener, FlushCallback {
    private final Partition partition;
    private final long endOffset;
    private final int leaderEpoch;
    private final Consumer<Errors> onEnd;

    private boolean replicated;
    private boolean flushed;
    private boolean ended;

    private AckWait(
            Partition partition, AppendResult result, boolean replicated, boolean flushed, Consumer<Errors> onEnd) {
        this.partition = partition;
        this.endOffset = result.lastOffset() + 1;
        this.leaderEpoch = result.leaderEpoch();
        this.replicated = replicated;
        this.flushed = flushed;
        this.onEnd = onEnd;
    }

    /** Begins to wait; {@code onEnd} may be called before this returns. */
    static AckWait begin(
            Partition partition, AppendResult result, boolean forAll, boolean forSync, Consumer<Errors> onEnd) {
        AckWait wait = new AckWait(partition, result, !forAll, !forSync, onEnd);
        if (forAll) {
            partition.addListener(wait);
            wait.onProgress(partition, UNKNOWN_BYTES);
        }
        if (forSync) {
            partition.log().onFlushed(wait.endOffset, wait);
        }
        return wait;
    }

    @Override
    public void onProgress(Partition moved, long newBytes) {
        if (!partition.isLeader() || partition.leaderEpoch() != leaderEpoch) {
            end(Errors.NOT_LEADER_OR_FOLLOWER);
        } else if (!partition.isOnline()) {
            end(Errors.KAFKA_STORAGE_ERROR);
        } else if (partition.log().highWatermark() >= endOffset) {
            reached(true, false);
        }
    }

    @Override
    public void onFlushed(@Nullable StorageException failure) {
        if (failure != null) {
            end(Errors.KAFKA_STORAGE_ERROR);
        } else {
            reached(false, true);
        }
    }

    /** The producer has waited as long as it wanted to. */
    void expire() {
        end(Errors.REQUEST_TIMED_OUT);
    }

    private void reached(boolean byReplicas, boolean byDisk) {
        boolean complete;
        synchronized (this) {
            replicated |= byReplicas;
            flushed |= byDisk;
            complete = replicated && flushed;
        }
        if (complete) {
            end(Errors.NONE);
        }
    }

    private void end(Errors error) {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
        }
        partition.removeListener(this);
        onEnd.accept(error);
    }
}
