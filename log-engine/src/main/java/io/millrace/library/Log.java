package io.millrace.library;

import io.millrace.log.FlushCallback;
import io.millrace.log.LogClock;
import io.millrace.log.PartitionLog;
import io.millrace.log.SegmentDescription;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A log of a store: a sequence of records, numbered by offsets from 0 on that are never used again.
 *
 * <p>One {@link Appender} at a time, any number of {@link Tailer}s. Any thread.
 *
 * <pre>{@code
 * long offset = appender.append(value);
 * if (log.awaitFlushed(offset, Duration.ofSeconds(1))) {
 *     // it survives a power cut
 * }
 * }</pre>
 */
public final class Log {
    private final String name;
    private final PartitionLog log;
    private final LogClock clock;
    private final boolean sync;
    private final LogSource source;
    private @Nullable Appender appender; // guarded by this

    Log(PartitionLog log, LogClock clock, boolean sync) {
        this.name = log.topic();
        this.log = log;
        this.clock = clock;
        this.sync = sync;
        source = LogSource.of(log, clock, sync);
    }

    /** Its name; for a broker, the topic. */
    public String name() {
        return name;
    }

    /** Its partition: 0, unless a broker made it. */
    public int partition() {
        return log.partition();
    }

    /** Where its files are. */
    public Path directory() {
        return log.directory();
    }

    /**
     * Opens the appender. There is one at a time.
     *
     * @throws IllegalStateException where the one before has not been closed
     */
    public synchronized Appender appender() {
        if (appender != null) {
            throw new IllegalStateException(
                    "log " + name
                            + " has an open appender: a log has one writer at a time; close that one, or let its thread append for all");
        }
        Appender opened = new Appender(this, log, clock, sync);
        appender = opened;
        return opened;
    }

    synchronized void appenderClosed(Appender closed) {
        if (appender == closed) {
            appender = null;
        }
    }

    /** Begins a tailer: say where it starts, then {@code build()}. */
    public Tailer.Builder tailer() {
        return new Tailer.Builder(source);
    }

    /** Offset of the first record there is; rises when retention deletes. */
    public long logStart() {
        return log.logStartOffset();
    }

    /** The offset that the next record gets. Everything below is visible to tailers. */
    public long logEnd() {
        return log.logEndOffset();
    }

    /** All records below this offset survive a power cut. Rises in every {@link Durability}; at once after an append only with SYNC. */
    public long flushed() {
        return log.flushedOffset();
    }

    /**
     * Waits until a record is on the disk, and has it forced there: one of the threads that wait forces for all, itself.
     *
     * @param offset of a record that was appended
     * @return false after the timeout, which does not end a force that this thread has begun
     * @throws StorageException where it never will be: the disk has failed, or the store was closed
     */
    public boolean awaitFlushed(long offset, Duration timeout) throws InterruptedException {
        requireAppended(offset);
        return log.awaitFlushed(offset + 1, timeout.toNanos());
    }

    void awaitFlushedUninterruptibly(long offset) {
        log.awaitFlushed(offset + 1);
    }

    /**
     * Calls back when a record is on the disk: at once where it is already, else on a thread of the store after one force that serves all
     * who wait.
     *
     * @param offset of a record that was appended
     */
    public void onFlushed(long offset, FlushCallback callback) {
        requireAppended(offset);
        log.onFlushed(offset + 1, callback);
    }

    private void requireAppended(long offset) {
        if (offset < 0 || offset >= log.logEndOffset()) {
            throw new IllegalArgumentException(
                    "offset " + offset + " was not appended yet: the log ends at " + log.logEndOffset());
        }
    }

    /** Forces everything that was appended before the call; returns when it is on the disk. */
    public void flush() {
        long end = log.logEndOffset();
        if (log.flushedOffset() < end) {
            awaitFlushedUninterruptibly(end - 1);
        }
    }

    /** What retention would delete now, by the store's time and size. */
    public RetentionPreview previewRetention() {
        allMayGo();
        List<SegmentDescription> segments = log.previewRetention(clock.millis());
        long bytes = segments.stream().mapToLong(SegmentDescription::bytes).sum();
        long start = segments.isEmpty()
                ? log.logStartOffset()
                : Math.max(
                        log.logStartOffset(), segments.get(segments.size() - 1).endOffset());
        return new RetentionPreview(segments, bytes, start);
    }

    /** Deletes what retention allows, now and not only when the store gets to it; returns how many segments. */
    public int applyRetention() {
        allMayGo();
        return log.applyRetention(clock.millis());
    }

    /** Deletes the records below an offset; their segments go with the next retention. False where they were gone already. */
    public boolean deleteBelow(long offset) {
        allMayGo();
        return log.advanceLogStartOffset(offset);
    }

    /** The engine deletes nothing above the high watermark, which replicas agree on; here what is appended is agreed on. */
    void allMayGo() {
        log.advanceHighWatermark(log.logEndOffset());
    }

    /** Bytes of its segments. */
    public long sizeBytes() {
        return log.sizeBytes();
    }

    /** Number of its segments, at least one. */
    public int segmentCount() {
        return log.segmentCount();
    }

    /** Why the log takes no appends until the store is opened again, or null. */
    public @Nullable StorageException failure() {
        return log.failure();
    }

    @Override
    public String toString() {
        return "Log[" + name + " " + logStart() + " to " + logEnd() + "]";
    }
}
