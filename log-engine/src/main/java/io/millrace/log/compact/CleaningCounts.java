package io.millrace.log.compact;

import java.util.concurrent.atomic.AtomicLong;

/** What a cleaning has done so far. Counted by its thread, read by anybody. */
public final class CleaningCounts {
    private final AtomicLong bytesMapped = new AtomicLong();
    private final AtomicLong bytesRead = new AtomicLong();
    private final AtomicLong bytesWritten = new AtomicLong();

    void mapped(int bytes) {
        bytesMapped.addAndGet(bytes);
    }

    void read(int bytes) {
        bytesRead.addAndGet(bytes);
    }

    void written(int bytes) {
        bytesWritten.addAndGet(bytes);
    }

    /** Bytes that were read for the map of keys. */
    public long bytesMapped() {
        return bytesMapped.get();
    }

    /** Bytes of segments that were read to be cleaned. */
    public long bytesRead() {
        return bytesRead.get();
    }

    /** Bytes of the segments that take their place. */
    public long bytesWritten() {
        return bytesWritten.get();
    }
}
