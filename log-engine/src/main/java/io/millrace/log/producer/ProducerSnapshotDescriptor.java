package io.millrace.log.producer;

import static io.millrace.log.batch.RecordBatchDescriptor.NO_SEQUENCE;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Layout of {@code <offset>.snapshot}, the state of all producers after the records below that offset. Kafka's ProducerSnapshot,
 * version 1. Big endian.
 *
 * <pre>
 *   0 version int16 = 1
 *   2 CRC-32C uint32 of everything that follows
 *   6 count int32
 *  10 entries of 46 bytes:
 *       0 producer id int64        8 producer epoch int16      10 last sequence int32 (-1 none)
 *      14 last offset int64 (-1)  22 offset delta int32        26 timestamp int64
 *      34 coordinator epoch int32 38 first offset of the open transaction int64 (-1 none)
 * </pre>
 *
 * <p>The checksum covers count and entries to the end of the file; the version in front of it has one legal value. A crash may leave
 * a prefix of the file or zeros: the checksum does not hold then, the file is deleted, the next older one is loaded and the records
 * since then are read. Only the newest batch of a producer is stored.
 */
final class ProducerSnapshotDescriptor {
    static final short CURRENT_VERSION = 1;
    static final int VERSION = 0;
    static final int CRC = VERSION + Short.BYTES;
    static final int COUNT = CRC + Integer.BYTES;
    static final int ENTRIES = COUNT + Integer.BYTES;

    static final int ENTRY_PRODUCER_ID = 0;
    static final int ENTRY_EPOCH = ENTRY_PRODUCER_ID + Long.BYTES;
    static final int ENTRY_LAST_SEQUENCE = ENTRY_EPOCH + Short.BYTES;
    static final int ENTRY_LAST_OFFSET = ENTRY_LAST_SEQUENCE + Integer.BYTES;
    static final int ENTRY_OFFSET_DELTA = ENTRY_LAST_OFFSET + Long.BYTES;
    static final int ENTRY_TIMESTAMP = ENTRY_OFFSET_DELTA + Integer.BYTES;
    static final int ENTRY_COORDINATOR_EPOCH = ENTRY_TIMESTAMP + Long.BYTES;
    static final int ENTRY_TRANSACTION_OFFSET = ENTRY_COORDINATOR_EPOCH + Integer.BYTES;
    static final int ENTRY_SIZE = ENTRY_TRANSACTION_OFFSET + Long.BYTES;

    private ProducerSnapshotDescriptor() {}

    static ByteBuffer encode(Collection<ProducerEntry> producers) {
        ByteBuffer buffer =
                ByteBuffer.allocate(Math.addExact(ENTRIES, Math.multiplyExact(producers.size(), ENTRY_SIZE)));
        buffer.putShort(VERSION, CURRENT_VERSION);
        buffer.putInt(COUNT, producers.size());
        int at = ENTRIES;
        for (ProducerEntry producer : producers) {
            putEntry(buffer, at, producer);
            at += ENTRY_SIZE;
        }
        return buffer.putInt(CRC, computeCrc(buffer));
    }

    private static void putEntry(ByteBuffer buffer, int at, ProducerEntry producer) {
        buffer.putLong(at + ENTRY_PRODUCER_ID, producer.producerId());
        buffer.putShort(at + ENTRY_EPOCH, producer.epoch());
        buffer.putInt(at + ENTRY_LAST_SEQUENCE, producer.lastSequence());
        buffer.putLong(at + ENTRY_LAST_OFFSET, producer.lastDataOffset());
        buffer.putInt(at + ENTRY_OFFSET_DELTA, producer.lastOffsetDelta());
        buffer.putLong(at + ENTRY_TIMESTAMP, producer.lastTimestampMs());
        buffer.putInt(at + ENTRY_COORDINATOR_EPOCH, producer.coordinatorEpoch());
        buffer.putLong(at + ENTRY_TRANSACTION_OFFSET, producer.transactionFirstOffset());
    }

    /** The entries, or null where the bytes are not a whole and unharmed snapshot. */
    static @Nullable List<ProducerEntry> decode(ByteBuffer buffer) {
        if (buffer.limit() < ENTRIES || buffer.getShort(VERSION) != CURRENT_VERSION) {
            return null;
        }
        int count = buffer.getInt(COUNT);
        if (computeCrc(buffer) != buffer.getInt(CRC) || count < 0 || count > (buffer.limit() - ENTRIES) / ENTRY_SIZE) {
            return null;
        }
        List<ProducerEntry> producers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            producers.add(entry(buffer, ENTRIES + i * ENTRY_SIZE));
        }
        return producers;
    }

    private static ProducerEntry entry(ByteBuffer buffer, int at) {
        ProducerEntry producer = new ProducerEntry(buffer.getLong(at + ENTRY_PRODUCER_ID));
        short epoch = buffer.getShort(at + ENTRY_EPOCH);
        long timestampMs = buffer.getLong(at + ENTRY_TIMESTAMP);
        long lastOffset = buffer.getLong(at + ENTRY_LAST_OFFSET);
        int lastSequence = buffer.getInt(at + ENTRY_LAST_SEQUENCE);
        assert lastSequence >= NO_SEQUENCE : lastSequence;
        producer.restore(
                epoch,
                buffer.getInt(at + ENTRY_COORDINATOR_EPOCH),
                timestampMs,
                buffer.getLong(at + ENTRY_TRANSACTION_OFFSET));
        if (lastOffset >= 0) {
            producer.addBatch(epoch, lastSequence, lastOffset, buffer.getInt(at + ENTRY_OFFSET_DELTA), timestampMs);
        }
        return producer;
    }

    private static int computeCrc(ByteBuffer buffer) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.duplicate().position(COUNT));
        return (int) crc.getValue();
    }
}
