package io.millrace.library;

import io.millrace.mapped.StorageException;
import java.time.Duration;
import java.util.function.Consumer;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of a log in order, and goes on as they are appended.
 *
 * <pre>{@code
 * try (Tailer tailer = log.tailer().fromEarliest().build()) {
 *     while (tailer.awaitNext(Duration.ofSeconds(1))) {
 *         RecordView record = tailer.record();
 *         handle(record.offset(), record.valueBytes());
 *     }
 * }
 * }</pre>
 *
 * <p>It works in the process of the writer and in another one, as {@link BatchTailer} says. The record is a view that is valid until the next
 * call. Markers of transactions are passed over, records of aborted transactions are not; a compressed batch is refused with a {@link
 * CompressedBatchException}. Where retention has deleted what was to be read next, reading resumes at the earliest record: {@link #skipped()}.
 *
 * <p>A named tailer keeps its position in a small file of the log, which {@link #save()} and {@link #close()} write: the next tailer of that
 * name goes on there. A record that was read after the last save is read again after a crash: at least once.
 *
 * <p>Owned by one thread. Reading a record allocates nothing.
 */
public final class Tailer implements AutoCloseable {
    private final BatchTailer batches;
    private final @Nullable SavedPosition saved;
    private final RecordView record;
    private long nextOffset;

    private Tailer(BatchTailer batches, @Nullable SavedPosition saved) {
        this.batches = batches;
        this.saved = saved;
        record = new RecordView(batches);
        nextOffset = batches.nextOffset();
    }

    /**
     * Moves to the next record.
     *
     * @return false where there is none yet
     * @throws CompressedBatchException at a batch that is compressed
     * @throws StorageException DAMAGED where what was written is not there any more
     */
    public boolean next() {
        while (true) {
            while (record.next()) {
                long offset = record.offset();
                if (offset >= nextOffset) {
                    nextOffset = offset + 1;
                    return true;
                }
            }
            if (!nextBatch()) {
                return false;
            }
        }
    }

    private boolean nextBatch() {
        record.endBatch();
        if (!batches.next()) {
            nextOffset = Math.max(nextOffset, batches.nextOffset());
            return false;
        }
        if (batches.codec() != 0) {
            throw compressed();
        }
        nextOffset = Math.max(nextOffset, batches.baseOffset());
        if (!batches.isControl()) {
            record.wrap(batches.buffer(), batches.position());
        }
        return true;
    }

    private CompressedBatchException compressed() {
        int codec = batches.codec();
        long base = batches.baseOffset();
        long next = batches.nextOffset();
        batches.seek(nextOffset);
        return new CompressedBatchException(String.valueOf(batches.directory().getFileName()), codec, base, next);
    }

    /**
     * {@link #next()}, waiting for it with the idle strategy.
     *
     * @return false after the timeout
     */
    public boolean awaitNext(Duration timeout) throws InterruptedException {
        if (next()) {
            return true;
        }
        long startedNs = batches.clock().nanos();
        long timeoutNs = timeout.toNanos();
        do {
            if (batches.clock().nanos() - startedNs >= timeoutNs) {
                return false;
            }
            batches.idle(0);
        } while (!next());
        batches.idleStrategy().reset();
        return true;
    }

    /** Hands up to {@code limit} records that are there to a handler; returns how many there were. */
    public int poll(Consumer<RecordView> handler, int limit) {
        int count = 0;
        while (count < limit && next()) {
            handler.accept(record);
            count++;
        }
        return count;
    }

    /** The record that {@link #next()} moved to: always the same object. */
    public RecordView record() {
        return record;
    }

    /** Offset of the record that is read next. */
    public long position() {
        return nextOffset;
    }

    /** How many offsets could not be read because retention had deleted them before. */
    public long skipped() {
        return batches.skipped();
    }

    /** The next record is the one with that offset or, where there is none, the first one above it. */
    public void seek(long offset) {
        batches.seek(offset);
        sought();
    }

    /** The next record is the first one of the log. */
    public void seekToEarliest() {
        batches.seekToEarliest();
        sought();
    }

    /** The next record is the one that is appended next. */
    public void seekToLatest() {
        batches.seekToLatest();
        sought();
    }

    /** The next record is the first one that has this timestamp or a later one; where there is none, the one that is appended next. */
    public void seekToTime(long timestampMs) {
        batches.seekToTime(timestampMs);
        sought();
    }

    private void sought() {
        record.endBatch();
        nextOffset = batches.nextOffset();
    }

    /** The name, or null. */
    public @Nullable String name() {
        return saved == null ? null : saved.name();
    }

    /** Keeps the position for the next tailer of this name. Only of a tailer that has one. */
    public void save() {
        if (saved == null) {
            throw new IllegalStateException("a tailer without a name has no position to save");
        }
        saved.write(nextOffset);
    }

    /** Saves the position of a named tailer, and lets go of the files. Calling it again does nothing. */
    @Override
    public void close() {
        if (batches.isClosed()) {
            return;
        }
        record.release();
        batches.close();
        if (saved != null) {
            try {
                saved.write(nextOffset);
            } finally {
                saved.close();
            }
        }
    }

    @Override
    public String toString() {
        return "Tailer[" + batches.directory().getFileName() + " position=" + nextOffset + "]";
    }

    /** Where a tailer begins, and how it waits. From the earliest record unless told. */
    public static final class Builder {
        private static final long SPINS_MAX = 100;
        private static final long YIELDS_MAX = 10;
        private static final long PARK_NS_MIN = 1_000;
        private static final long PARK_NS_MAX = 1_000_000;

        private enum From {
            EARLIEST,
            LATEST,
            OFFSET,
            TIME
        }

        private final LogSource source;
        private From from = From.EARLIEST;
        private long value;
        private @Nullable String name;
        private @Nullable IdleStrategy idle;
        private boolean verified;

        Builder(LogSource source) {
            this.source = source;
        }

        /** Begins at the first record there is. */
        public Builder fromEarliest() {
            return from(From.EARLIEST, 0);
        }

        /** Begins at the record that is appended next. */
        public Builder fromLatest() {
            return from(From.LATEST, 0);
        }

        /** Begins at an offset, or at the first record above it. */
        public Builder fromOffset(long offset) {
            return from(From.OFFSET, offset);
        }

        /** Begins at the first record that has this timestamp or a later one. */
        public Builder fromTime(long timestampMs) {
            return from(From.TIME, timestampMs);
        }

        private Builder from(From newFrom, long newValue) {
            from = newFrom;
            value = newValue;
            return this;
        }

        /**
         * Gives the tailer a name: it begins where the last one of that name has saved its position, and only where there is none at
         * what the other methods say. One at a time of a name; not in a read-only store, which writes nothing.
         *
         * @param tailerName letters, digits, dot, underscore and hyphen, at most 100
         */
        public Builder named(String tailerName) {
            name = tailerName;
            return this;
        }

        /** How {@link Tailer#awaitNext} waits. Unless told: it spins, yields, then parks for 1 µs to 1 ms. */
        public Builder idleStrategy(IdleStrategy strategy) {
            idle = strategy;
            return this;
        }

        /**
         * Has every batch's checksum compared, also beside the writer, where what is below the log end offset is shown as it stands in
         * memory unless told: it was checked when it was appended, or when the log was recovered. In another process checksums are always
         * compared.
         */
        public Builder verifyChecksums() {
            verified = true;
            return this;
        }

        /** Opens the tailer. */
        public Tailer build() {
            SavedPosition saved = name == null ? null : source.savedPosition(name);
            boolean built = false;
            try {
                BatchTailer batches = open(saved);
                built = true;
                return new Tailer(batches, saved);
            } finally {
                if (!built && saved != null) {
                    saved.close();
                }
            }
        }

        /** Opens one that gives whole batches. It has no name. */
        public BatchTailer buildBatches() {
            if (name != null) {
                throw new IllegalStateException("a tailer of batches keeps no position: it cannot be named " + name);
            }
            return open(null);
        }

        private BatchTailer open(@Nullable SavedPosition saved) {
            IdleStrategy chosen = idle;
            BatchTailer batches = source.batches(
                    chosen != null ? chosen : new BackoffIdleStrategy(SPINS_MAX, YIELDS_MAX, PARK_NS_MIN, PARK_NS_MAX),
                    verified);
            long savedOffset = saved == null ? SavedPosition.NONE : saved.read();
            if (savedOffset != SavedPosition.NONE) {
                batches.seek(source.clampToEnd(savedOffset));
                return batches;
            }
            switch (from) {
                case EARLIEST -> batches.seekToEarliest();
                case LATEST -> batches.seekToLatest();
                case OFFSET -> batches.seek(value);
                case TIME -> batches.seekToTime(value);
            }
            return batches;
        }
    }
}
