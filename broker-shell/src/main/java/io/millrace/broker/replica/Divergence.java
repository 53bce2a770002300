package io.millrace.broker.replica;

import io.millrace.log.PartitionLog;
import io.millrace.log.epoch.EpochEnd;

/**
 * Where a follower cuts its log when the leader says that it does not have the follower's last record (KIP-101, KIP-279, KIP-595). The
 * leader names the largest epoch it has that is not above the follower's last one, and where that ends; the end of the largest epoch that
 * both have is then the smaller of the two ends. Where the follower lacks that epoch it cuts to the end of its own largest one below, and
 * asks again. Stateless.
 */
final class Divergence {
    private Divergence() {}

    /** The offset to cut to, at most the log end offset and never below the log start offset. */
    static long cutOffset(PartitionLog log, int leaderEpoch, long leaderEndOffset) {
        long end = log.logEndOffset();
        EpochEnd own = log.epochs().endOffsetFor(leaderEpoch, end);
        long common = own.epoch() < 0 ? leaderEndOffset : Math.min(own.endOffset(), leaderEndOffset);
        return Math.max(log.logStartOffset(), Math.min(common, end));
    }
}
