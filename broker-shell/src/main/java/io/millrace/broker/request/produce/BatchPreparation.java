package io.millrace.broker.request.produce;

import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.batch.BatchValidator;
import io.millrace.log.batch.BatchVerdict;
import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * What must happen to the bytes of a producer before the log takes them: that they are one batch of a version this
 * request may carry; that a compressed batch inflates to records that the topic allows; and its rewriting where the
 * topic stores another codec. A plain batch for a topic that stores it as it is passes untouched: the log checks its
 * header, checksum and records itself.
 *
 * <p>Owned by one thread; the result is valid until the next call.
 */
final class BatchPreparation {
    private static final int CODEC_ZSTD = CompressionType.ZSTD.id;
    static final short ZSTD_VERSION_LEAST = 7;

    /** How a preparation ended. */
    enum Outcome {
        /** {@link #batch()} may be given to the log. */
        READY,
        /** {@link #refusal()} says why not. */
        REFUSED,
        /** The batch inflates to more than may be done here. */
        TOO_LONG
    }

    private final BatchValidator validator = new BatchValidator();
    private final RecordWalk walk = new RecordWalk();

    private CompressedValidation validation = CompressedValidation.FULL;
    private @Nullable ByteBuffer batch;
    private @Nullable Refusal refusal;

    /**
     * Prepares the records of one partition. The buffer may be changed in place (largest timestamp).
     *
     * @param how what is looked at where the batch is stored as it is
     * @param version of the produce request
     * @param inflatedBytesMax stop behind so many inflated bytes
     */
    Outcome prepare(
            CompressedValidation how,
            @Nullable MemoryRecords records,
            short version,
            TopicSettings settings,
            long nowMs,
            long inflatedBytesMax) {
        validation = how;
        batch = null;
        refusal = null;
        if (records == null) {
            return refuse(Errors.INVALID_RECORD, "Produce requests must have at least one record batch per partition");
        }
        ByteBuffer bytes = records.buffer();
        Outcome framing = checkFraming(bytes, version);
        if (framing != Outcome.READY || !needsWalk(bytes, settings, nowMs)) {
            return framing;
        }
        MutableRecordBatch first = records.batches().iterator().next();
        return inflate(first, bytes, settings, nowMs, inflatedBytesMax);
    }

    /** The bytes for the log. */
    ByteBuffer batch() {
        return Objects.requireNonNull(batch, "not ready");
    }

    Refusal refusal() {
        return Objects.requireNonNull(refusal, "not refused");
    }

    /** Names the records that the log has refused; null when it is not a record that is at fault. */
    @Nullable
    Refusal explain(MemoryRecords records, TopicSettings settings, long nowMs) {
        MutableRecordBatch first = records.batches().iterator().next();
        return walk.walk(first, settings.log(), nowMs, Long.MAX_VALUE, null);
    }

    /** One whole magic 2 batch and no second one; bytes that are no whole batch behind it are left to the log. */
    private Outcome checkFraming(ByteBuffer bytes, short version) {
        int at = bytes.position();
        BatchVerdict first = BatchValidator.checkFraming(bytes, at, bytes.limit());
        switch (first) {
            case VALID -> {}
            case INCOMPLETE -> {
                return refuse(
                        Errors.INVALID_RECORD, "Produce requests must have at least one record batch per partition");
            }
            case UNSUPPORTED_MAGIC -> {
                return refuse(
                        Errors.INVALID_RECORD, "Produce requests may only contain record batches with magic version 2");
            }
            default -> {
                return refuse(Errors.CORRUPT_MESSAGE, validator.explain(first, bytes, at, bytes.limit()));
            }
        }
        if (version < ZSTD_VERSION_LEAST && RecordBatchDescriptor.codec(bytes, at) == CODEC_ZSTD) {
            return refuse(Errors.UNSUPPORTED_COMPRESSION_TYPE, "Produce version " + version + " cannot use ZStandard");
        }
        return checkNoSecond(bytes, at + RecordBatchDescriptor.sizeInBytes(bytes, at));
    }

    private Outcome checkNoSecond(ByteBuffer bytes, int end) {
        BatchVerdict second = BatchValidator.checkFraming(bytes, end, bytes.limit());
        if (second == BatchVerdict.CORRUPT) {
            return refuse(Errors.CORRUPT_MESSAGE, "bytes behind the batch are no batch");
        }
        if (second != BatchVerdict.INCOMPLETE) {
            return refuse(
                    Errors.INVALID_RECORD, "Produce requests may only contain exactly one record batch per partition");
        }
        bytes.limit(end);
        batch = bytes;
        return Outcome.READY;
    }

    /** Whether the records must be seen here. What the log refuses by the header alone is left to it. */
    private boolean needsWalk(ByteBuffer bytes, TopicSettings settings, long nowMs) {
        int at = bytes.position();
        int codec = RecordBatchDescriptor.codec(bytes, at);
        Compression target = settings.compression();
        boolean asItIs = target == null || target.type().id == codec;
        if (asItIs && (codec == 0 || validation.passesByHeader(bytes, at, settings.log(), nowMs))) {
            return false;
        }
        return bytes.remaining() <= settings.log().maxMessageBytes()
                && validator.checkFromClient(bytes, at, bytes.limit()) == BatchVerdict.VALID;
    }

    private Outcome inflate(
            MutableRecordBatch first, ByteBuffer bytes, TopicSettings settings, long nowMs, long inflatedBytesMax) {
        Compression target = settings.compression();
        if (target != null && target.type() != first.compressionType()) {
            return rewrite(first, target, settings, nowMs, inflatedBytesMax);
        }
        Refusal fault = walk.walk(first, settings.log(), nowMs, inflatedBytesMax, null);
        if (fault != null) {
            return refuse(fault);
        }
        if (walk.overLimit()) {
            return Outcome.TOO_LONG;
        }
        if (!walk.offsetsConsecutive()) {
            Compression same =
                    target == null ? Compression.of(first.compressionType()).build() : target;
            return rewrite(first, same, settings, nowMs, inflatedBytesMax);
        }
        first.setMaxTimestamp(TimestampType.CREATE_TIME, walk.maxTimestampMs());
        batch = bytes;
        return Outcome.READY;
    }

    /** Writes the records anew with another codec, or with offsets as they should have been. */
    private Outcome rewrite(
            MutableRecordBatch first, Compression target, TopicSettings settings, long nowMs, long inflatedBytesMax) {
        int sizeMax = settings.log().maxMessageBytes();
        ByteBufferOutputStream out = new ByteBufferOutputStream(Math.max(first.sizeInBytes(), 512));
        MemoryRecordsBuilder builder = builder(out, first, target, nowMs);
        long[] nextOffset = {0};
        Refusal fault = walk.walk(first, settings.log(), nowMs, inflatedBytesMax, record -> {
            builder.appendWithOffset(nextOffset[0]++, record);
            return out.position() <= sizeMax;
        });
        if (fault != null || walk.overLimit() || out.position() > sizeMax) {
            builder.abort(); // after which it cannot be closed
            return fault != null ? refuse(fault) : walk.overLimit() ? Outcome.TOO_LONG : tooLarge(sizeMax);
        }
        batch = builder.build().buffer();
        return batch().remaining() > sizeMax ? tooLarge(sizeMax) : Outcome.READY;
    }

    private static MemoryRecordsBuilder builder(
            ByteBufferOutputStream out, RecordBatch first, Compression target, long nowMs) {
        return new MemoryRecordsBuilder(
                out,
                RecordBatch.MAGIC_VALUE_V2,
                target,
                TimestampType.CREATE_TIME,
                0L,
                nowMs,
                first.producerId(),
                first.producerEpoch(),
                first.baseSequence(),
                first.isTransactional(),
                false,
                RecordBatch.NO_PARTITION_LEADER_EPOCH,
                Integer.MAX_VALUE);
    }

    private Outcome tooLarge(int sizeMax) {
        return refuse(
                Errors.MESSAGE_TOO_LARGE, "the batch as the topic stores it exceeds max.message.bytes=" + sizeMax);
    }

    private Outcome refuse(Errors error, String message) {
        return refuse(Refusal.of(error, message));
    }

    private Outcome refuse(Refusal why) {
        refusal = why;
        return Outcome.REFUSED;
    }
}
