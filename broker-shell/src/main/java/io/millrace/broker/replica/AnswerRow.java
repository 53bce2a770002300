package io.millrace.broker.replica;

import io.millrace.broker.partition.Partition;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what a leader's answer says to one partition: appends, cuts, raises the high watermark. What cannot be right is refused whole, said
 * once, and fetched again. Owned by the fetcher's thread, which reuses it; nothing is allocated for a batch.
 */
final class AnswerRow {
    private static final Logger LOG = LoggerFactory.getLogger(AnswerRow.class);

    private final AppendResult result = new AppendResult();

    /** Applies the row of a partition that is still followed in the term in which it was asked for. */
    void apply(FollowedPartition followed, PartitionData row, long nowNs) {
        Errors error = Errors.forCode(row.errorCode());
        try {
            if (error == Errors.NONE) {
                answered(followed, row, nowNs);
            } else if (error == Errors.OFFSET_OUT_OF_RANGE) {
                followed.outOfRange(true);
            } else {
                followed.pause(error.name(), nowNs);
            }
        } catch (StorageException e) {
            failed(followed, e, nowNs);
        }
    }

    /** A log whose disk has failed is offline until the node starts again; a full disk may have room later. */
    static void failed(FollowedPartition followed, StorageException failure, long nowNs) {
        if (failure.kind() == StorageException.Kind.NO_SPACE) {
            followed.pause("no space", nowNs);
        } else {
            LOG.error("partition={} is not followed any more: its log has failed", followed, failure);
            followed.drop();
        }
    }

    private void answered(FollowedPartition followed, PartitionData row, long nowNs) {
        EpochEndOffset diverging = row.divergingEpoch();
        if (diverging.epoch() >= 0) {
            cut(followed, diverging, nowNs);
            return;
        }
        ByteBuffer batches = batches(row);
        if (batches != null && batches.hasRemaining()) {
            String refusal = append(followed, batches);
            if (refusal != null) {
                followed.pause(refusal, nowNs);
                return;
            }
        }
        if (!followed.isDropped()) {
            followed.works();
            followed.partition()
                    .followerHighWatermark(row.highWatermark(), row.logStartOffset(), followed.leaderEpoch());
        }
    }

    private static @Nullable ByteBuffer batches(PartitionData row) {
        return row.records() instanceof MemoryRecords records ? records.buffer() : null;
    }

    // Appending

    private @Nullable String append(FollowedPartition followed, ByteBuffer batches) {
        if (followed.fetchOffset() != followed.sentOffset()) {
            return "answer to a fetch at " + followed.sentOffset() + ", the log ends at " + followed.fetchOffset();
        }
        String refusal = FetchedBatches.refusal(batches, followed.lastEpoch(), followed.leaderEpoch());
        if (refusal != null) {
            return refusal;
        }
        Partition partition = followed.partition();
        AppendStatus status = partition.appendAsFollower(batches, followed.leaderEpoch(), result);
        if (status == AppendStatus.OFFSET_MISMATCH && beginsInsideFirst(followed, batches)) {
            long first = RecordBatchDescriptor.baseOffset(batches, batches.position());
            if (partition.restartAt(first, followed.leaderEpoch())) {
                status = partition.appendAsFollower(batches, followed.leaderEpoch(), result);
            }
        }
        return verdict(followed, status);
    }

    /** Records were deleted up to the middle of a batch: an empty log takes that batch whole, as the leader has it. */
    private static boolean beginsInsideFirst(FollowedPartition followed, ByteBuffer batches) {
        int at = batches.position();
        long end = followed.fetchOffset();
        return end == followed.partition().log().logStartOffset()
                && RecordBatchDescriptor.baseOffset(batches, at) < end
                && RecordBatchDescriptor.lastOffset(batches, at) >= end;
    }

    private @Nullable String verdict(FollowedPartition followed, AppendStatus status) {
        return switch (status) {
            case APPENDED -> null;
            case FENCED_EPOCH -> {
                followed.drop(); // the metadata has moved on; what is followed now comes by itself
                yield null;
            }
            case OFFLINE -> {
                LOG.error("partition={} is not followed any more: its log is offline: {}", followed, result.message());
                followed.drop();
                yield null;
            }
            default -> status + (result.message() == null ? "" : ": " + result.message());
        };
    }

    // Cutting

    private static void cut(FollowedPartition followed, EpochEndOffset diverging, long nowNs) {
        Partition partition = followed.partition();
        long end = partition.logEndOffset();
        long cutTo = Divergence.cutOffset(partition.log(), diverging.epoch(), diverging.endOffset());
        if (cutTo >= end) {
            followed.pause(
                    "the leader's epoch " + diverging.epoch() + " ends at " + diverging.endOffset()
                            + ", which cuts nothing of a log that ends at " + end,
                    nowNs);
            return;
        }
        long highWatermark = partition.log().highWatermark();
        if (partition.truncateTo(cutTo, followed.leaderEpoch())) {
            LOG.info(
                    "cut partition={} from={} to={} highWatermark={}: the leader's epoch {} ends at {}",
                    followed,
                    end,
                    partition.logEndOffset(),
                    highWatermark,
                    diverging.epoch(),
                    diverging.endOffset());
            warnOfLoss(followed, highWatermark);
        } else {
            followed.drop();
        }
    }

    /** Only an unclean election makes a leader that lacks what was committed. */
    static void warnOfLoss(FollowedPartition followed, long highWatermark) {
        long end = followed.fetchOffset();
        if (end < highWatermark) {
            LOG.warn(
                    "committed records are gone partition={} offsets={} to {}: the leader does not have them",
                    followed,
                    end,
                    highWatermark);
        }
    }
}
