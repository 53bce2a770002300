package io.millrace.log.segment;

import io.millrace.mapped.CloseSteps;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the files of a log's next segment while the active one nears its end, so that the append that rolls only renames them: the log with
 * its first bytes reserved, mapped and present, and empty indexes.
 *
 * <pre>
 *   NOTHING → asked for → MADE → taken by a roll, which gives the files their names → NOTHING
 *                           └─── idle log, close: the files are removed ────────────→ NOTHING
 * </pre>
 *
 * <p>The base offset is not known before the roll. Until then the names are {@code next.log.deleted} and the like: what ends so is a leftover
 * for this engine and for Kafka, removed at the next open whatever has become of the process or the power. One a log; only a log at work
 * has files here, and gives them back when it has been idle for five seconds.
 *
 * <p>Threads: asked for and taken under the log's writer lock, where nobody waits for anything; made and dropped on the preparer's, inside
 * this object's monitor; closed by whoever closes the log, who waits until nothing is being made: the directory may be another log's then.
 */
public final class NextSegment {
    private static final String NAME = "next";
    private static final List<String> KINDS =
            List.of(SegmentFiles.LOG, SegmentFiles.OFFSET_INDEX, SegmentFiles.TIME_INDEX);

    /** Files under names that are nobody's. Owned by whoever holds it. */
    static final class Made {
        private final NextSegment maker;
        private final StorageFile file;
        private final FileIdentity identity;
        private final SegmentWriter writer;
        private final long limit;
        private volatile @Nullable SegmentIndexes indexes;

        private Made(NextSegment maker, StorageFile file, long limit) {
            this.maker = maker;
            this.file = file;
            this.limit = limit;
            identity = FileIdentity.of(file.path());
            writer = new SegmentWriter(
                    file, 0, limit, maker.preparer, maker.writerLock, maker.nanos, this::prepareIndexes, maker);
        }

        private void prepareIndexes() {
            SegmentIndexes known = indexes;
            if (known != null) {
                known.prepareAhead();
            }
        }

        /** Gives the files the names of a segment; the log first, since indexes without a log are nobody's. */
        void rename(SegmentContext context, long baseOffset) {
            file.renameTo(context.path(baseOffset, SegmentFiles.LOG));
            for (String kind : KINDS.subList(1, KINDS.size())) {
                StorageFile.rename(maker.path(kind), context.path(baseOffset, kind), maker.faults);
            }
        }

        /** The segment has its indexes from here on. */
        void indexes(SegmentIndexes opened) {
            indexes = opened;
        }

        StorageFile file() {
            return file;
        }

        FileIdentity identity() {
            return identity;
        }

        SegmentWriter writer() {
            return writer;
        }

        /** Lets go of the file and its mapping. The names stay. */
        void abandon() {
            CloseSteps.run(file.path(), writer::abandon, file::close);
        }
    }

    private final Path directory;
    private final PagePreparer preparer;
    private final ReentrantLock writerLock;
    private final LongSupplier nanos;
    private final FileFaults faults;
    private final BooleanSupplier hasRoom;

    private final AtomicBoolean asked = new AtomicBoolean();
    private final AtomicReference<@Nullable Made> made = new AtomicReference<>();
    /** What is asked for: handed over by the preparer's queue. */
    private int wantedBytes;

    private long wantedLimit;
    private volatile BooleanSupplier isServed = () -> false;
    private boolean closed; // guarded by this

    /** For one log; {@code hasRoom}: whether its disk has room for another segment. */
    public NextSegment(
            Path directory,
            PagePreparer preparer,
            ReentrantLock writerLock,
            LongSupplier nanos,
            FileFaults faults,
            BooleanSupplier hasRoom) {
        this.directory = directory;
        this.preparer = preparer;
        this.writerLock = writerLock;
        this.nanos = nanos;
        this.faults = faults;
        this.hasRoom = hasRoom;
    }

    /** Nothing is made while that holds: the next roll has a file of another kind. Before the log is known to anybody. */
    public void unless(BooleanSupplier served) {
        isServed = served;
    }

    private Path path(String kind) {
        return directory.resolve(NAME + kind + SegmentFiles.DELETED);
    }

    // ---- under the writer lock
    // -----------------------------------------------------------------------------------------------------

    /** The active segment nears its end: have the next one made, with so many bytes ready. */
    void request(int bytes, long limit) {
        if (made.get() == null && asked.compareAndSet(false, true)) {
            wantedBytes = bytes;
            wantedLimit = limit;
            if (!preparer.request(this)) {
                asked.set(false);
            }
        }
    }

    /** The files, which are the caller's from here on; null where there are none for a segment of that limit. */
    @Nullable
    Made take(long limit) {
        Made ready = made.get();
        return ready != null && ready.limit == limit && made.compareAndSet(ready, null) ? ready : null;
    }

    // ---- preparer's thread
    // ---------------------------------------------------------------------------------------------------------

    /** Makes what was asked for. Where that fails, the roll makes its segment itself, and meets the error there if there is one. */
    synchronized void prepare() {
        if (!closed && made.get() == null) {
            try {
                if (!isServed.getAsBoolean() && hasRoom.getAsBoolean()) {
                    made.set(make());
                }
            } catch (StorageException e) {
                removeFiles();
            }
        }
        asked.set(false);
    }

    private Made make() {
        for (String kind : KINDS.subList(1, KINDS.size())) {
            openEmpty(kind).close();
        }
        StorageFile file = openEmpty(SegmentFiles.LOG);
        try {
            Made next = new Made(this, file, wantedLimit);
            next.writer.prepareFirst((int) Math.min(wantedBytes, wantedLimit), nanos.getAsLong());
            return next;
        } catch (StorageException e) {
            file.close();
            throw e;
        }
    }

    /** Made, or emptied where it could not be removed before. */
    private StorageFile openEmpty(String kind) {
        StorageFile file = StorageFile.open(path(kind), StorageFile.Mode.CREATE, faults);
        try {
            if (file.size() > 0) {
                file.truncate(0);
            }
            return file;
        } catch (StorageException e) {
            file.close();
            throw e;
        }
    }

    /** Takes back what was made: the log is idle. */
    synchronized void drop() {
        Made unused = made.getAndSet(null);
        if (unused != null) {
            CloseSteps.run(directory, unused::abandon, this::removeFiles);
        }
    }

    /** What cannot be removed is overwritten by the next one that is made, or removed at the next open. */
    private void removeFiles() {
        for (String kind : KINDS) {
            try {
                StorageFile.deleteIfExists(path(kind), faults);
            } catch (StorageException e) {
                return;
            }
        }
    }

    // ---- the end
    // -------------------------------------------------------------------------------------------------------------------

    /** The log is closed: nothing is made from here on, and what was made is removed. */
    public synchronized void close() {
        closed = true;
        drop();
    }

    /** The log is let go: the same, but the files stay as they are. */
    public synchronized void abandon() {
        closed = true;
        Made unused = made.getAndSet(null);
        if (unused != null) {
            unused.abandon();
        }
    }
}
