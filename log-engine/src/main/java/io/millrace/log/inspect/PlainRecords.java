package io.millrace.log.inspect;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import io.millrace.log.batch.RecordHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The records of uncompressed batches. Owned by one thread. */
final class PlainRecords implements RecordWalker {
    private final RecordCursor cursor = new RecordCursor();

    @Override
    public @Nullable String walk(ByteBuffer buffer, int at, Consumer<LoggedRecord> sink) {
        int codec = RecordBatchDescriptor.codec(buffer, at);
        if (codec != 0) {
            return "records are compressed with codec " + codec + ", which is not at hand";
        }
        cursor.wrap(buffer, at);
        while (cursor.next()) {
            sink.accept(record(buffer));
        }
        String problem = cursor.problem();
        cursor.release();
        return problem;
    }

    private LoggedRecord record(ByteBuffer buffer) {
        return new LoggedRecord(
                cursor.offset(),
                cursor.timestamp(),
                cursor.recordSize(),
                bytes(buffer, cursor.keyPosition(), cursor.keyLength()),
                bytes(buffer, cursor.valuePosition(), cursor.valueLength()),
                headers(buffer));
    }

    private List<RecordHeader> headers(ByteBuffer buffer) {
        List<RecordHeader> headers = new ArrayList<>(cursor.headersCount());
        ByteBuffer from = buffer.duplicate().position(cursor.headersPosition());
        for (int i = 0; i < cursor.headersCount(); i++) {
            byte[] key = bytes(from, varint(from));
            headers.add(new RecordHeader(key == null ? new byte[0] : key, bytes(from, varint(from))));
        }
        return headers;
    }

    private static byte @Nullable [] bytes(ByteBuffer from, int length) {
        byte[] bytes = bytes(from, from.position(), length);
        from.position(from.position() + Math.max(0, length));
        return bytes;
    }

    private static byte @Nullable [] bytes(ByteBuffer from, int position, int length) {
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        from.get(position, bytes);
        return bytes;
    }

    /** Zig-zag; the cursor has been over it, so that it ends in time. */
    private static int varint(ByteBuffer from) {
        int value = 0;
        int shift = 0;
        byte next;
        do {
            next = from.get();
            value |= (next & 0x7f) << shift;
            shift += 7;
        } while (next < 0);
        return (value >>> 1) ^ -(value & 1);
    }
}
