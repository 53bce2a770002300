package io.millrace.broker.request.fetch;

import io.millrace.broker.protocol.RegionRecords;
import io.millrace.log.LogSlice;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicBoolean;

/** A slice of a log as records of a response. Gives the slice back once, however often it is closed; any thread. */
public final class LogSliceRecords extends RegionRecords {
    private final LogSlice slice;
    private final AtomicBoolean closed = new AtomicBoolean();

    public LogSliceRecords(LogSlice slice) {
        this.slice = slice;
    }

    @Override
    public FileChannel channel() {
        return slice.channel();
    }

    @Override
    public long position() {
        return slice.position();
    }

    @Override
    public int sizeInBytes() {
        return slice.length();
    }

    @Override
    public void copyTo(ByteBuffer target) {
        slice.copyTo(target);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            slice.close();
        }
    }
}
