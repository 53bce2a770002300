package io.millrace.broker.request.fetch;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.TopicDirectory;
import io.millrace.log.LogSlice;
import io.millrace.log.PartitionLog;
import io.millrace.log.epoch.EpochEnd;
import io.millrace.mapped.StorageException;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads one partition for one fetch: who may read, from where, how far. Stateless; any event loop. */
final class PartitionReader {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionReader.class);
    private static final long UNKNOWN_OFFSET = -1L;
    private static final short STORAGE_ERROR_VERSION = 6;

    private final PartitionRegistry partitions;
    private final TopicDirectory topics;

    PartitionReader(PartitionRegistry partitions, TopicDirectory topics) {
        this.partitions = partitions;
        this.topics = topics;
    }

    /**
     * Reads at most {@code maxBytes}, but a whole first batch where {@code atLeastOneBatch}.
     *
     * @param version of the request
     * @param committedOnly up to the last stable offset, with the aborted transactions
     * @param rack where the client stands, which may be sent to a replica there and then reads from it; empty for none
     * @param anyReplica it reads from whichever replica it likes
     */
    FetchedPartition read(
            FetchEntry entry,
            short version,
            boolean committedOnly,
            String rack,
            boolean anyReplica,
            int maxBytes,
            boolean atLeastOneBatch) {
        Partition partition = find(entry.key());
        if (partition == null) {
            return failed(entry, null, missing(entry.key()), version);
        }
        boolean leaderOnly = rack.isEmpty() && !anyReplica;
        Errors error = partition.readError(entry.currentLeaderEpoch(), leaderOnly);
        if (error != Errors.NONE) {
            return failed(entry, partition, error, version);
        }
        int preferred = rack.isEmpty() ? -1 : partition.preferredReplica(rack, entry.fetchOffset());
        if (preferred >= 0) {
            return sentElsewhere(entry, partition, preferred);
        }
        try {
            return read(entry, partition, version, committedOnly, maxBytes, atLeastOneBatch);
        } catch (StorageException e) {
            LOG.error("fetch failed partition={} offset={}", partition, entry.fetchOffset(), e);
            return failed(entry, partition, Errors.KAFKA_STORAGE_ERROR, version);
        }
    }

    /** What of a read would have to wait for the disk; null where nothing would, or the read would fail. */
    ReadAheadPool.@Nullable Stretch missing(FetchEntry entry, int maxBytes, long nowNs) {
        Partition partition = find(entry.key());
        if (partition == null || partition.readError(entry.currentLeaderEpoch()) != Errors.NONE) {
            return null;
        }
        boolean inMemory = partition.log().isInMemory(entry.fetchOffset(), maxBytes, nowNs);
        return inMemory ? null : new ReadAheadPool.Stretch(partition, entry.fetchOffset(), maxBytes);
    }

    private FetchedPartition read(
            FetchEntry entry,
            Partition partition,
            short version,
            boolean committedOnly,
            int maxBytes,
            boolean atLeastOneBatch) {
        PartitionLog log = partition.log();
        // Before the read, so that the answer never tells more than it was read under.
        PartitionData row = row(entry.key().partition())
                .setHighWatermark(log.highWatermark())
                .setLastStableOffset(log.lastStableOffset())
                .setLogStartOffset(log.logStartOffset());
        if (entry.lastFetchedEpoch() >= 0) {
            Errors error = compareEpochs(entry, log, row);
            if (error != Errors.NONE || row.divergingEpoch().epoch() >= 0) {
                return error == Errors.NONE
                        ? new FetchedPartition(entry, partition, row, null)
                        : failed(entry, partition, error, version);
            }
        }
        long bound = committedOnly ? row.lastStableOffset() : row.highWatermark();
        LogSlice slice = log.read(entry.fetchOffset(), Math.max(0, maxBytes), bound, atLeastOneBatch);
        if (slice == null) {
            return failed(entry, partition, Errors.OFFSET_OUT_OF_RANGE, version);
        }
        if (committedOnly) {
            row.setAbortedTransactions(aborted(log, entry.fetchOffset(), bound, slice));
        }
        return fetched(entry, partition, row, slice);
    }

    private static FetchedPartition sentElsewhere(FetchEntry entry, Partition partition, int preferred) {
        PartitionLog log = partition.log();
        PartitionData row = row(entry.key().partition())
                .setHighWatermark(log.highWatermark())
                .setLastStableOffset(log.lastStableOffset())
                .setLogStartOffset(log.logStartOffset())
                .setPreferredReadReplica(preferred);
        return new FetchedPartition(entry, partition, row, null);
    }

    static FetchedPartition fetched(FetchEntry entry, Partition partition, PartitionData row, LogSlice slice) {
        if (slice.length() == 0) {
            slice.close();
            return new FetchedPartition(entry, partition, row, null);
        }
        LogSliceRecords records = new LogSliceRecords(slice);
        row.setRecords(records);
        return new FetchedPartition(entry, partition, row, records);
    }

    /** Whether the client's last record is on this log's history; tells in {@code row} where the two part. */
    static Errors compareEpochs(FetchEntry entry, PartitionLog log, PartitionData row) {
        EpochEnd end = log.epochs().endOffsetFor(entry.lastFetchedEpoch(), log.logEndOffset());
        if (end.epoch() < 0 || end.endOffset() < 0 || entry.fetchOffset() < log.logStartOffset()) {
            return Errors.OFFSET_OUT_OF_RANGE;
        }
        if (end.epoch() < entry.lastFetchedEpoch() || end.endOffset() < entry.fetchOffset()) {
            row.setDivergingEpoch(new EpochEndOffset().setEpoch(end.epoch()).setEndOffset(end.endOffset()));
        }
        return Errors.NONE;
    }

    private static List<AbortedTransaction> aborted(PartitionLog log, long from, long to, LogSlice slice) {
        if (slice.length() == 0) {
            return List.of();
        }
        return log.abortedTransactions(from, to).stream()
                .map(t -> new AbortedTransaction().setProducerId(t.producerId()).setFirstOffset(t.firstOffset()))
                .toList();
    }

    @Nullable
    Partition find(FetchEntry.Key key) {
        return key.topicId().equals(Uuid.ZERO_UUID)
                ? partitions.get(key.topic(), key.partition())
                : partitions.get(key.topicId(), key.partition());
    }

    Errors missing(FetchEntry.Key key) {
        String name = key.topicId().equals(Uuid.ZERO_UUID) ? key.topic() : topics.topicName(key.topicId());
        if (name == null) {
            return Errors.UNKNOWN_TOPIC_ID;
        }
        return topics.hasPartition(name, key.partition())
                ? Errors.NOT_LEADER_OR_FOLLOWER
                : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }

    static FetchedPartition failed(FetchEntry entry, @Nullable Partition partition, Errors error, short version) {
        boolean unknownThen = error == Errors.KAFKA_STORAGE_ERROR && version < STORAGE_ERROR_VERSION;
        PartitionData row = row(entry.key().partition())
                .setErrorCode((unknownThen ? Errors.NOT_LEADER_OR_FOLLOWER : error).code())
                .setHighWatermark(UNKNOWN_OFFSET)
                .setLastStableOffset(UNKNOWN_OFFSET)
                .setLogStartOffset(UNKNOWN_OFFSET);
        return new FetchedPartition(entry, partition, row, null);
    }

    static PartitionData row(int partition) {
        return new PartitionData()
                .setPartitionIndex(partition)
                .setAbortedTransactions(null)
                .setRecords(MemoryRecords.EMPTY);
    }
}
