package io.millrace.broker.cli;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordHeader;
import io.millrace.log.inspect.LoggedRecord;
import io.millrace.log.inspect.RecordWalker;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.SnappyError;

/** Takes batches apart with the codecs of Kafka's clients, as a stream. Owned by one thread. */
final class KafkaRecords implements RecordWalker {
    private final BufferSupplier buffers = BufferSupplier.create();

    @Override
    public @Nullable String walk(final ByteBuffer buffer, final int at, final Consumer<LoggedRecord> sink) {
        final ByteBuffer batch = buffer.slice(at, RecordBatchDescriptor.sizeInBytes(buffer, at));
        try {
            for (final MutableRecordBatch each :
                    MemoryRecords.readableRecords(batch).batches()) {
                try (CloseableIterator<Record> records = each.streamingIterator(buffers)) {
                    records.forEachRemaining(record -> sink.accept(logged(record)));
                }
            }
            return null;
        } catch (final RuntimeException | SnappyError | OutOfMemoryError e) {
            // The codecs throw what they like; a closed pipe is ours.
            if (e instanceof BrokenPipeException broken) {
                throw broken;
            }
            return "records cannot be read: " + e.getMessage();
        }
    }

    private static LoggedRecord logged(final Record record) {
        return new LoggedRecord(
                record.offset(),
                record.timestamp(),
                record.sizeInBytes(),
                bytes(record.key()),
                bytes(record.value()),
                headers(record.headers()));
    }

    private static List<RecordHeader> headers(final Header... headers) {
        final List<RecordHeader> copied = new ArrayList<>(headers.length);
        for (final Header header : headers) {
            copied.add(new RecordHeader(header.key().getBytes(StandardCharsets.UTF_8), header.value()));
        }
        return copied;
    }

    private static byte @Nullable [] bytes(final @Nullable ByteBuffer from) {
        if (from == null) {
            return null;
        }
        final byte[] bytes = new byte[from.remaining()];
        from.get(from.position(), bytes);
        return bytes;
    }
}
