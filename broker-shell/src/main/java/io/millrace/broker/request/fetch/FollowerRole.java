package io.millrace.broker.request.fetch;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.ProgressListener;
import io.millrace.log.LogSlice;
import io.millrace.log.PartitionLog;
import io.millrace.mapped.StorageException;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica: reads up to the log end offset. What it asks for tells how far it has come, so a request is noted with the partition, once,
 * and before the read: the answer then carries the high watermark that this very request has brought about.
 */
final class FollowerRole implements FetchRole {
    private static final Logger LOG = LoggerFactory.getLogger(FollowerRole.class);

    private final PartitionReader reader;
    private final short version;
    private final int replicaId;
    private final long brokerEpoch;

    FollowerRole(PartitionReader reader, short version, int replicaId, long brokerEpoch) {
        this.reader = reader;
        this.version = version;
        this.replicaId = replicaId;
        this.brokerEpoch = brokerEpoch;
    }

    @Override
    public FetchedPartition read(FetchEntry entry, int maxBytes, boolean atLeastOneBatch, boolean again) {
        Partition partition = reader.find(entry.key());
        if (partition == null) {
            return PartitionReader.failed(entry, null, reader.missing(entry.key()), version);
        }
        int leaderEpoch = partition.leaderEpoch();
        Errors error = partition.readError(entry.currentLeaderEpoch());
        if (error != Errors.NONE) {
            return PartitionReader.failed(entry, partition, error, version);
        }
        try {
            return read(entry, partition, leaderEpoch, maxBytes, atLeastOneBatch, again);
        } catch (StorageException e) {
            LOG.error("fetch failed partition={} replica={} offset={}", partition, replicaId, entry.fetchOffset(), e);
            return PartitionReader.failed(entry, partition, Errors.KAFKA_STORAGE_ERROR, version);
        }
    }

    private FetchedPartition read(
            FetchEntry entry,
            Partition partition,
            int leaderEpoch,
            int maxBytes,
            boolean atLeastOneBatch,
            boolean again) {
        PartitionLog log = partition.log();
        PartitionData row = PartitionReader.row(entry.key().partition());
        Errors error = agreement(entry, log, row);
        boolean diverging = row.divergingEpoch().epoch() >= 0;
        if (error == Errors.NONE && !diverging && !again) {
            error = partition.followerFetched(
                    replicaId, leaderEpoch, brokerEpoch, entry.fetchOffset(), entry.logStartOffset());
        }
        if (error != Errors.NONE) {
            return PartitionReader.failed(entry, partition, error, version);
        }
        row.setHighWatermark(log.highWatermark())
                .setLastStableOffset(log.lastStableOffset())
                .setLogStartOffset(log.logStartOffset());
        if (diverging) {
            return new FetchedPartition(entry, partition, row, null);
        }
        LogSlice slice = log.read(entry.fetchOffset(), Math.max(0, maxBytes), log.logEndOffset(), atLeastOneBatch);
        return slice == null
                ? PartitionReader.failed(entry, partition, Errors.OFFSET_OUT_OF_RANGE, version)
                : PartitionReader.fetched(entry, partition, row, slice);
    }

    /** Whether the follower's log is a part of this one; tells in {@code row} where the two part. */
    private static Errors agreement(FetchEntry entry, PartitionLog log, PartitionData row) {
        Errors error = entry.lastFetchedEpoch() >= 0 ? PartitionReader.compareEpochs(entry, log, row) : Errors.NONE;
        if (error != Errors.NONE || row.divergingEpoch().epoch() >= 0) {
            return error;
        }
        boolean inRange = entry.fetchOffset() >= log.logStartOffset() && entry.fetchOffset() <= log.logEndOffset();
        return inRange ? Errors.NONE : Errors.OFFSET_OUT_OF_RANGE;
    }

    @Override
    public void listen(Partition partition, ProgressListener listener) {
        partition.addEndListener(listener);
    }

    @Override
    public void stopListening(Partition partition, ProgressListener listener) {
        partition.removeEndListener(listener);
    }

    @Override
    public boolean mayRead(Partition partition, int clientEpoch) {
        return partition.readError(clientEpoch) == Errors.NONE;
    }

    @Override
    public boolean hasMoved(Partition partition, FetchedPartition read) {
        return read.bytes() > 0 || partition.log().logEndOffset() > read.entry().fetchOffset();
    }

    @Override
    public boolean isClient() {
        return false;
    }
}
