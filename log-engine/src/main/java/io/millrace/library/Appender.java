package io.millrace.library;

import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.LogClock;
import io.millrace.log.PartitionLog;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Appends records to a log. One is open of a log at a time, and one thread uses it.
 *
 * <pre>{@code
 * try (Appender appender = log.appender()) {
 *     long offset = appender.append("hello".getBytes(UTF_8));
 *     appender.key(key).header("type", type).timestamp(timeMs).append(value);
 *
 *     ByteBuffer region = appender.claim(16); // fill in place, without a copy
 *     region.putLong(id).putLong(price);
 *     appender.commit();
 *
 *     appender.add(first).add(second);        // one batch, all or nothing
 *     long offsetOfFirst = appender.appendBatch();
 * }
 * }</pre>
 *
 * <p>What {@link #key}, {@link #header} and {@link #timestamp} say holds for the next record only, and everything is copied: arrays and buffers
 * may be used again at once. The position of a buffer that is appended does not move. A record without a timestamp gets the time of the
 * append.
 *
 * <p>When an append returns, the record is visible to all tailers, also to those in other processes, and as durable as the store's {@link
 * Durability} promises. An append that throws has appended nothing; where in a {@link Durability#SYNC} store the disk fails under it, the log
 * is offline, and the next open tells how far it goes.
 *
 * <p>In the steady state an append allocates nothing. A batch is encoded, checksummed and copied to the log once; a program that has several
 * records at hand does well to append them as one batch.
 *
 * <p>The thread that uses it first owns it; another one gets an {@link IllegalStateException}. {@link #handOver()} lets the next one in.
 */
public final class Appender implements AutoCloseable {
    /** The leader epoch of a log that no broker has led. */
    private static final int FIRST_EPOCH = 0;

    private static final int NULL_VALUE = -1;
    /** An encoded count of no headers. */
    private static final int NO_HEADERS_LENGTH = 1;

    private final Log owner;
    private final PartitionLog log;
    private final LogClock clock;
    private final boolean sync;
    private final int epoch;
    private final BatchEncoder encoder;
    private final PendingRecord pending = new PendingRecord();
    private final AppendResult result = new AppendResult();

    private @Nullable Thread thread;
    private boolean closed;

    /** Where the value of the claimed record ends; 0 while nothing is claimed. */
    private int claimEnd;

    private long lastOffset = AppendResult.NONE;

    Appender(Log owner, PartitionLog log, LogClock clock, boolean sync) {
        this.owner = owner;
        this.log = log;
        this.clock = clock;
        this.sync = sync;
        epoch = Math.max(FIRST_EPOCH, log.epochs().latestEpoch());
        encoder = new BatchEncoder(log.config().maxMessageBytes());
    }

    // ---- about the next record
    // -----------------------------------------------------------------------------------------------------

    /** Gives the next record a key; null for none. */
    public Appender key(byte @Nullable [] key) {
        requireIdle();
        pending.key(key);
        return this;
    }

    /** Gives the next record a key: the remaining bytes of a buffer, whose position stays. */
    public Appender key(ByteBuffer key) {
        requireIdle();
        pending.key(key);
        return this;
    }

    /** Gives the next record one header more. */
    public Appender header(String name, byte @Nullable [] value) {
        requireIdle();
        pending.header(name, value);
        return this;
    }

    /** The same with the name in UTF-8 already: allocates nothing. */
    public Appender header(byte[] name, byte[] value) {
        requireIdle();
        pending.header(name, value);
        return this;
    }

    /** Gives the next record a timestamp, in milliseconds since the epoch. */
    public Appender timestamp(long timestampMs) {
        requireIdle();
        if (timestampMs < 0) {
            clearAll();
            throw new IllegalArgumentException("negative timestamp " + timestampMs);
        }
        pending.timestamp(timestampMs);
        return this;
    }

    // ---- one record
    // ----------------------------------------------------------------------------------------------------------------

    /**
     * Appends a record with the remaining bytes of a buffer as its value.
     *
     * @return its offset
     * @throws IllegalArgumentException where it is larger than a batch may be
     * @throws StorageException NO_SPACE where the disk is full (the next append may succeed), else where the log is offline or closed
     */
    public long append(ByteBuffer value) {
        requireNoBatch();
        put(value, value.position(), value.remaining());
        return appendEncoded();
    }

    /** Appends a record; returns its offset. */
    public long append(byte[] value) {
        return append(value, 0, value.length);
    }

    /** Appends a record with a part of an array as its value; returns its offset. */
    public long append(byte[] value, int at, int length) {
        requireNoBatch();
        put(value, at, length);
        return appendEncoded();
    }

    /** Appends a record without a value: in a compacted log it deletes its key. Returns its offset. */
    public long appendTombstone() {
        requireNoBatch();
        putTombstone();
        return appendEncoded();
    }

    // ---- a claimed region
    // ----------------------------------------------------------------------------------------------------------

    /**
     * Makes a record whose value is filled in place: a region of {@code length} bytes, from the position of the buffer that is returned to
     * its limit. Its bytes are whatever they were: all are to be filled. Nothing is in the log before {@link #commit()}.
     *
     * @return a buffer that is valid until then, big endian, and used again for the next claim
     */
    public ByteBuffer claim(int length) {
        requireNoBatch();
        if (length < 0) {
            clearAll();
            throw new IllegalArgumentException("negative length " + length);
        }
        int at = begin(length);
        claimEnd = at + length;
        return encoder.region(at, length);
    }

    /** Appends the record that was claimed; returns its offset. */
    public long commit() {
        requireThread();
        if (claimEnd == 0) {
            throw new IllegalStateException("nothing is claimed");
        }
        int valueEnd = claimEnd;
        claimEnd = 0;
        end(valueEnd);
        return appendEncoded();
    }

    /** Forgets the record that was claimed. Without a claim it does nothing. */
    public void abort() {
        requireThread();
        if (claimEnd != 0) {
            clearAll();
        }
    }

    // ---- a batch
    // -------------------------------------------------------------------------------------------------------------------

    /** Adds a record to the batch that {@link #appendBatch()} appends. */
    public Appender add(ByteBuffer value) {
        requireIdle();
        put(value, value.position(), value.remaining());
        return this;
    }

    /** Adds a record to the batch. */
    public Appender add(byte[] value) {
        return add(value, 0, value.length);
    }

    /** Adds a record with a part of an array as its value to the batch. */
    public Appender add(byte[] value, int at, int length) {
        requireIdle();
        put(value, at, length);
        return this;
    }

    /** Adds a record without a value to the batch. */
    public Appender addTombstone() {
        requireIdle();
        putTombstone();
        return this;
    }

    /** Records of the batch so far. */
    public int batchCount() {
        return encoder.count();
    }

    /** Bytes of the batch so far. */
    public int batchBytes() {
        return encoder.sizeInBytes();
    }

    /**
     * Appends the records that were added, as one batch: all of them or, where it throws, none.
     *
     * @return the offset of the first one; those of the others follow, up to {@link #lastOffset()}
     */
    public long appendBatch() {
        requireIdle();
        if (encoder.count() == 0) {
            throw new IllegalStateException("the batch is empty: add() first");
        }
        return appendEncoded();
    }

    /** Forgets the records that were added. */
    public void discardBatch() {
        requireThread();
        clearAll();
    }

    /** Offset of the record that was appended last, -1 before the first one. */
    public long lastOffset() {
        return lastOffset;
    }

    // ---- encoding
    // -----------------------------------------------------------------------------------------------------------------

    private void put(ByteBuffer value, int from, int length) {
        int at = begin(length);
        encoder.buffer().put(at, value, from, length);
        end(at + length);
    }

    private void put(byte[] value, int from, int length) {
        if ((from | length | (value.length - from - length)) < 0) {
            pending.clear();
            throw new IndexOutOfBoundsException("at=" + from + " length=" + length + " of " + value.length);
        }
        int at = begin(length);
        encoder.buffer().put(at, value, from, length);
        end(at + length);
    }

    private void putTombstone() {
        end(begin(NULL_VALUE));
    }

    private int begin(int valueLength) {
        if (pending.keyLength() < 0 && log.config().compactPolicy()) {
            pending.clear();
            throw new IllegalArgumentException("a record of the compacted log " + owner.name() + " needs a key");
        }
        long timestampMs = pending.isTimestamped() ? pending.timestampMs() : clock.millis();
        int headersLength = pending.hasHeaders() ? pending.headersLength() : NO_HEADERS_LENGTH;
        try {
            return encoder.begin(timestampMs, pending.key(), pending.keyLength(), valueLength, headersLength);
        } catch (IllegalArgumentException e) {
            pending.clear();
            throw e;
        }
    }

    private void end(int valueEnd) {
        if (pending.hasHeaders()) {
            encoder.end(valueEnd, pending.headers(), pending.headersLength());
        } else {
            encoder.end(valueEnd);
        }
        pending.clear();
    }

    private void clearAll() {
        pending.clear();
        encoder.clear();
        claimEnd = 0;
    }

    // ---- appending
    // ----------------------------------------------------------------------------------------------------------------

    /**
     * An interrupted thread must not meet the file's channel, which the JDK would close for everybody: the interrupt is put off until the
     * bytes are in the log.
     */
    private long appendEncoded() {
        boolean interrupted = Thread.interrupted();
        try {
            AppendStatus status = log.appendAsLeader(encoder.finish(), epoch, AppendOrigin.LIBRARY, result);
            encoder.clear();
            if (status != AppendStatus.APPENDED) {
                throw refused(status);
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        lastOffset = result.lastOffset();
        if (sync) {
            owner.awaitFlushedUninterruptibly(lastOffset);
        }
        return result.firstOffset();
    }

    private RuntimeException refused(AppendStatus status) {
        String what = "append to log " + owner.name() + ": " + status
                + (result.message() == null ? "" : ", " + result.message());
        return switch (status) {
            case NO_SPACE -> new StorageException(StorageException.Kind.NO_SPACE, what, log.directory(), -1, null);
            case OFFLINE -> {
                StorageException failure = log.failure();
                StorageException.Kind kind = failure == null ? StorageException.Kind.CLOSED : failure.kind();
                yield new StorageException(kind, what, log.directory(), -1, failure);
            }
            case TOO_LARGE -> new IllegalArgumentException(what + ": see LogStore.Builder.maxBatchBytes");
            default -> new IllegalStateException(what);
        };
    }

    // ---- ownership
    // ----------------------------------------------------------------------------------------------------------------

    /** Lets the thread that uses the appender next own it. The caller sees to it that the two do not use it at once. */
    public void handOver() {
        requireIdle();
        thread = null;
    }

    private void requireThread() {
        Thread current = Thread.currentThread();
        if (thread != current) {
            adopt(current);
        }
    }

    private void adopt(Thread current) {
        if (thread != null) {
            throw new IllegalStateException("the appender of log " + owner.name() + " is owned by thread "
                    + thread.getName() + " and was used by " + current.getName()
                    + ": a log has one writing thread; handOver() passes it on");
        }
        thread = current;
    }

    private void requireIdle() {
        requireThread();
        if (claimEnd != 0) {
            throw new IllegalStateException("a region is claimed: commit() or abort() first");
        }
        if (closed) {
            throw new IllegalStateException("the appender of log " + owner.name() + " is closed");
        }
    }

    private void requireNoBatch() {
        requireIdle();
        if (encoder.count() != 0) {
            throw new IllegalStateException("a batch is being made: appendBatch() or discardBatch() first");
        }
    }

    /** Lets the log have another appender. What was claimed or added and not appended is forgotten. Calling it again does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            owner.appenderClosed(this);
        }
    }
}
