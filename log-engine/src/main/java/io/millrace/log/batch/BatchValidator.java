package io.millrace.log.batch;

import static io.millrace.log.batch.RecordBatchDescriptor.CODEC_MAX;
import static io.millrace.log.batch.RecordBatchDescriptor.HEADER_SIZE;
import static io.millrace.log.batch.RecordBatchDescriptor.HEADER_SIZE_UP_TO_MAGIC;
import static io.millrace.log.batch.RecordBatchDescriptor.LENGTH;
import static io.millrace.log.batch.RecordBatchDescriptor.LOG_OVERHEAD;
import static io.millrace.log.batch.RecordBatchDescriptor.MAGIC_V2;
import static io.millrace.log.batch.RecordBatchDescriptor.MIN_LENGTH_ANY_MAGIC;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Decides whether a batch may be appended, with the same set of accepted batches as Apache Kafka 4.3, so that a client sees no
 * difference. Where Kafka answers with an unknown server error (unknown codec, a header cut short) this says what is wrong.
 *
 * <p>Three depths: {@link #checkIntegrity} for bytes that are copied (a follower, recovery), {@link #checkFromClient} for what a
 * producer sent, {@link #checkRecords} for the records inside an uncompressed batch.
 *
 * <p>Owned by one thread; keeps a checksum and a cursor for reuse and allocates nothing. Reads heap or direct buffers of the caller,
 * never a file mapping.
 */
public final class BatchValidator {
    private final CRC32C crc = new CRC32C();
    private final RecordCursor cursor = new RecordCursor();
    private final PlainRecords plainRecords = new PlainRecords();
    private long maxTimestampMs = RecordBatchDescriptor.NO_TIMESTAMP;

    /**
     * Checks that whole and unharmed bytes of one magic 2 batch stand at {@code at}: length, magic, checksum, codec. After
     * {@link BatchVerdict#VALID} every header field can be read, and {@link RecordBatchDescriptor#sizeInBytes} ends at or before
     * {@code limit}.
     *
     * @param limit end of the readable bytes, exclusive, at most the buffer's limit
     */
    public BatchVerdict checkIntegrity(ByteBuffer buffer, int at, int limit) {
        BatchVerdict framing = checkFraming(buffer, at, limit);
        if (framing != BatchVerdict.VALID) {
            return framing;
        }
        int size = RecordBatchDescriptor.sizeInBytes(buffer, at);
        if (RecordBatchDescriptor.computeCrc(buffer, at, size, crc) != RecordBatchDescriptor.crc(buffer, at)) {
            return BatchVerdict.CORRUPT;
        }
        boolean codecKnown = RecordBatchDescriptor.codec(buffer, at) <= CODEC_MAX;
        return codecKnown ? BatchVerdict.VALID : BatchVerdict.UNSUPPORTED_COMPRESSION;
    }

    /**
     * Length and magic only: whether a whole magic 2 batch seems to stand at {@code at}. The order of the tests is Kafka's: a length
     * that no magic allows is corrupt even when the rest is missing.
     */
    public static BatchVerdict checkFraming(ByteBuffer buffer, int at, int limit) {
        int remaining = limit - at;
        if (remaining < LOG_OVERHEAD) {
            return BatchVerdict.INCOMPLETE;
        }
        int length = buffer.getInt(at + LENGTH);
        if (length < MIN_LENGTH_ANY_MAGIC) {
            return BatchVerdict.CORRUPT;
        }
        if (remaining < HEADER_SIZE_UP_TO_MAGIC) {
            return BatchVerdict.INCOMPLETE;
        }
        byte magic = RecordBatchDescriptor.magic(buffer, at);
        if (magic < 0 || magic > MAGIC_V2) {
            return BatchVerdict.CORRUPT;
        }
        if (remaining - LOG_OVERHEAD < length) {
            return BatchVerdict.INCOMPLETE;
        }
        return checkMagicAndSize(magic, length + LOG_OVERHEAD);
    }

    private static BatchVerdict checkMagicAndSize(byte magic, int size) {
        if (magic < MAGIC_V2) {
            return BatchVerdict.UNSUPPORTED_MAGIC;
        }
        return size < HEADER_SIZE ? BatchVerdict.CORRUPT : BatchVerdict.VALID;
    }

    /**
     * {@link #checkIntegrity}, and what a producer must keep to: base offset 0, as many offsets as records and at least one, no
     * control batch, a sequence where there is a producer id.
     */
    public BatchVerdict checkFromClient(ByteBuffer buffer, int at, int limit) {
        BatchVerdict framing = checkFraming(buffer, at, limit);
        if (framing != BatchVerdict.VALID) {
            return framing;
        }
        if (RecordBatchDescriptor.baseOffset(buffer, at) != 0) {
            return BatchVerdict.INVALID_RECORD;
        }
        BatchVerdict integrity = checkIntegrity(buffer, at, limit);
        if (integrity != BatchVerdict.VALID) {
            return integrity;
        }
        return clientHeaderIsLegal(buffer, at) ? BatchVerdict.VALID : BatchVerdict.INVALID_RECORD;
    }

    private static boolean clientHeaderIsLegal(ByteBuffer buffer, int at) {
        long countFromOffsets = RecordBatchDescriptor.lastOffsetDelta(buffer, at) + 1L;
        int count = RecordBatchDescriptor.recordsCount(buffer, at);
        if (count <= 0 || countFromOffsets != count || RecordBatchDescriptor.isControl(buffer, at)) {
            return false;
        }
        return !RecordBatchDescriptor.hasProducerId(buffer, at) || RecordBatchDescriptor.baseSequence(buffer, at) >= 0;
    }

    /**
     * Walks the records of an uncompressed batch that has passed {@link #checkIntegrity}: their structure, a key where the topic is
     * compacted, timestamps within the topic's bounds. Afterwards {@link #maxTimestampMs()} is the largest timestamp of the records,
     * which the header of a careless producer may not tell.
     */
    public BatchVerdict checkRecords(ByteBuffer buffer, int at, RecordRules rules, long nowMs) {
        assert RecordBatchDescriptor.codec(buffer, at) == 0 : "records are compressed";
        if (plainRecords.areLegal(buffer, at, rules, nowMs)) {
            maxTimestampMs = plainRecords.maxTimestampMs();
            return BatchVerdict.VALID;
        }
        return checkRecordsOneByOne(buffer, at, rules, nowMs);
    }

    private BatchVerdict checkRecordsOneByOne(ByteBuffer buffer, int at, RecordRules rules, long nowMs) {
        boolean batchHasAppendTime = RecordBatchDescriptor.isLogAppendTime(buffer, at);
        maxTimestampMs = RecordBatchDescriptor.NO_TIMESTAMP;
        BatchVerdict verdict = BatchVerdict.VALID;
        cursor.wrap(buffer, at);
        while (cursor.next()) {
            if (rules.keyRequired() && cursor.keyLength() < 0) {
                verdict = verdict == BatchVerdict.INVALID_TIMESTAMP ? verdict : BatchVerdict.INVALID_RECORD;
            } else if (!rules.allowsTimestamp(cursor.timestamp(), batchHasAppendTime, nowMs)) {
                verdict = BatchVerdict.INVALID_TIMESTAMP;
            }
            maxTimestampMs = Math.max(maxTimestampMs, cursor.timestamp());
        }
        boolean whole = cursor.problem() == null;
        cursor.release();
        return whole ? verdict : BatchVerdict.INVALID_RECORD;
    }

    /** The largest timestamp that the last {@link #checkRecords} saw, -1 if none. */
    public long maxTimestampMs() {
        return maxTimestampMs;
    }

    /** Checksum for reuse by the owner of this validator, for {@link RecordBatchDescriptor#setMaxTimestamp}. */
    public CRC32C scratch() {
        return crc;
    }

    /** What is wrong with the batch, in words, for the answer to the client or for a report. Allocates; not for the hot path. */
    public String explain(BatchVerdict verdict, ByteBuffer buffer, int at, int limit) {
        return switch (verdict) {
            case VALID -> "batch is valid";
            case INCOMPLETE ->
                "batch is incomplete: bytes=" + (limit - at)
                        + (limit - at < LOG_OVERHEAD
                                ? ""
                                : " needed=" + ((long) LOG_OVERHEAD + buffer.getInt(at + LENGTH)));
            case CORRUPT -> explainCorrupt(buffer, at, limit);
            case UNSUPPORTED_MAGIC ->
                "batch has magic " + RecordBatchDescriptor.magic(buffer, at) + ", only magic 2 is stored";
            case UNSUPPORTED_COMPRESSION -> "batch has unknown codec " + RecordBatchDescriptor.codec(buffer, at);
            case INVALID_RECORD -> explainInvalid(buffer, at);
            case INVALID_TIMESTAMP -> "a record has a timestamp outside the topic's bounds or of a wrong type";
        };
    }

    private String explainCorrupt(ByteBuffer buffer, int at, int limit) {
        int length = buffer.getInt(at + LENGTH);
        if (length < MIN_LENGTH_ANY_MAGIC) {
            return "batch length " + length + " is smaller than any batch";
        }
        byte magic = RecordBatchDescriptor.magic(buffer, at);
        if (magic != MAGIC_V2) {
            return "batch has unknown magic " + magic;
        }
        int size = length + LOG_OVERHEAD;
        if (size < HEADER_SIZE || size > limit - at) {
            return "batch size " + size + " is smaller than its header";
        }
        return String.format(
                "batch checksum mismatch: stored=%08x computed=%08x",
                RecordBatchDescriptor.crc(buffer, at), RecordBatchDescriptor.computeCrc(buffer, at, size, crc));
    }

    private String explainInvalid(ByteBuffer buffer, int at) {
        if (!clientHeaderIsLegal(buffer, at) || RecordBatchDescriptor.baseOffset(buffer, at) != 0) {
            return "illegal batch header: baseOffset=" + RecordBatchDescriptor.baseOffset(buffer, at)
                    + " lastOffsetDelta=" + RecordBatchDescriptor.lastOffsetDelta(buffer, at)
                    + " count=" + RecordBatchDescriptor.recordsCount(buffer, at)
                    + " control=" + RecordBatchDescriptor.isControl(buffer, at)
                    + " producerId=" + RecordBatchDescriptor.producerId(buffer, at)
                    + " baseSequence=" + RecordBatchDescriptor.baseSequence(buffer, at);
        }
        return "a record of the batch is malformed or lacks a key that the topic needs";
    }
}
