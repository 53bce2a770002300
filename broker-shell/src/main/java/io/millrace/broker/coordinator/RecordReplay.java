package io.millrace.broker.coordinator;

import io.millrace.log.PartitionLog;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replays the batches of one partition into a coordinator and tells it how far the log is written and committed.
 *
 * <p>Lives for one load, on the loader's thread. Invariant: {@code lastCommittedOffset} never passes the high watermark,
 * and is told only together with or after the written offset that covers it.
 */
final class RecordReplay<T> {
    /** A coordinator keeps a snapshot for each told offset: told every so many offsets, so that few are alive. */
    private static final long COMMIT_INTERVAL_OFFSETS = 16384;

    private static final Logger LOG = LoggerFactory.getLogger(RecordReplay.class);

    private final TopicPartition tp;
    private final PartitionLog log;
    private final Deserializer<T> deserializer;
    private final CoordinatorPlayback<T> coordinator;

    private long lastCommittedOffset = -1;
    private long recordCount;
    private long byteCount;

    RecordReplay(
            TopicPartition tp, PartitionLog log, Deserializer<T> deserializer, CoordinatorPlayback<T> coordinator) {
        this.tp = tp;
        this.log = log;
        this.deserializer = deserializer;
        this.coordinator = coordinator;
    }

    /** Replays all whole batches of the buffer; returns the offset after the last one, or the given one if none. */
    long replay(MemoryRecords records, long fromOffset) {
        long nextOffset = fromOffset;
        for (MutableRecordBatch batch : records.batches()) {
            batch.ensureValid();
            replayBatch(batch);
            nextOffset = batch.nextOffset();
            tellProgress(nextOffset);
        }
        byteCount += records.sizeInBytes();
        return nextOffset;
    }

    private void replayBatch(MutableRecordBatch batch) {
        for (Record record : batch) {
            recordCount++;
            if (batch.isControlBatch()) {
                replayMarker(batch, record);
            } else {
                replayRecord(batch, record);
            }
        }
    }

    private void replayMarker(MutableRecordBatch batch, Record record) {
        ControlRecordType type = ControlRecordType.parse(record.key());
        if (type == ControlRecordType.COMMIT || type == ControlRecordType.ABORT) {
            TransactionResult result =
                    type == ControlRecordType.COMMIT ? TransactionResult.COMMIT : TransactionResult.ABORT;
            coordinator.replayEndTransactionMarker(batch.producerId(), batch.producerEpoch(), result);
        }
    }

    private void replayRecord(MutableRecordBatch batch, Record record) {
        try {
            T value = deserializer.deserialize(record.key(), record.value());
            if (value != null) {
                coordinator.replay(record.offset(), batch.producerId(), batch.producerEpoch(), value);
            }
        } catch (Deserializer.UnknownRecordTypeException e) {
            LOG.warn("partition={} offset={} recordType={}: unknown, ignored", tp, record.offset(), e.unknownType());
        } catch (RuntimeException e) {
            throw new IllegalStateException("partition=" + tp + " offset=" + record.offset() + ": not replayed", e);
        }
    }

    /**
     * The high watermark may be ahead of what is replayed, and moves on meanwhile; once the replay has passed it, it is
     * the committed offset.
     */
    private void tellProgress(long nextOffset) {
        long highWatermark = log.highWatermark();
        if (nextOffset >= highWatermark) {
            coordinator.updateLastWrittenOffset(nextOffset);
            if (highWatermark > lastCommittedOffset) {
                coordinator.updateLastCommittedOffset(highWatermark);
                lastCommittedOffset = highWatermark;
            }
        } else if (nextOffset - lastCommittedOffset >= COMMIT_INTERVAL_OFFSETS) {
            coordinator.updateLastWrittenOffset(nextOffset);
            coordinator.updateLastCommittedOffset(nextOffset);
            lastCommittedOffset = nextOffset;
        }
    }

    long recordCount() {
        return recordCount;
    }

    long byteCount() {
        return byteCount;
    }
}
