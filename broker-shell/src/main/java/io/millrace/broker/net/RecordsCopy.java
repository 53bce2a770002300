package io.millrace.broker.net;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.apache.kafka.common.network.TransferableChannel;
import org.apache.kafka.common.record.internal.TransferableRecords;

/**
 * Copies records that are not the broker's own (memory records, and the metadata log's file records that Kafka's raft
 * answers with) into a response buffer. One object a copy.
 */
final class RecordsCopy implements TransferableChannel {
    private final ByteBuf target;

    private RecordsCopy(ByteBuf target) {
        this.target = target;
    }

    /** Appends all bytes of {@code records} to {@code target}. */
    static void append(TransferableRecords records, ByteBuf target) {
        RecordsCopy copy = new RecordsCopy(target);
        int length = records.sizeInBytes();
        int done = 0;
        try {
            while (done < length) {
                int more = records.writeTo(copy, done, length - done);
                if (more <= 0) {
                    throw new IOException("records end at " + done + " of " + length);
                }
                done += more;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public long transferFrom(FileChannel fileChannel, long position, long count) throws IOException {
        int length = (int) count;
        target.ensureWritable(length);
        return Math.max(0, target.writeBytes(fileChannel, position, length));
    }

    @Override
    public int write(ByteBuffer src) {
        int length = src.remaining();
        target.writeBytes(src);
        return length;
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) {
        long written = 0;
        for (int i = offset; i < offset + length; i++) {
            written += write(srcs[i]);
        }
        return written;
    }

    @Override
    public long write(ByteBuffer[] srcs) {
        return write(srcs, 0, srcs.length);
    }

    @Override
    public boolean hasPendingWrites() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
