package io.millrace.log.segment;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The written bytes of one segment, mapped for reading: the walk from an index entry to the batch is then a few loads, where a read of the
 * file is a system call of a microsecond. Made when enough look-ups have walked through the file, see {@link HeaderScanner}; what it does
 * not reach is left to that.
 *
 * <pre>
 *   file:  | mapped ..................... | written since ... size | reserved |
 *            walked here                    walked through the file
 * </pre>
 *
 * <p>A page that is cut off a file cannot be read any more, and the error of it would take the log offline. So only published bytes are
 * walked over, and whoever cuts those takes the mapping away first ({@link #drop}) and waits for those who are inside. An error is then the
 * disk's or somebody else's doing. From JDK 21 on it leaves {@link #walk} as an {@link InternalError}; before, a load that failed gives any
 * number, and the error comes later, anywhere on that thread. So what was loaded is believed only where it fits: offsets ascend from
 * batch to batch, and the batch that is found has its magic. What does not fit is asked of the file, which tells.
 *
 * <p>Threads: {@link #walk} by any with a pin of the segment; everything that changes the mapping under its monitor, which nobody takes
 * inside a walk.
 */
final class ReadMapping {
    /** So many walks through the file are as dear as a mapping: some 15 µs. */
    static final int WALKS_BEFORE = 16;
    /** And so many behind the end of a mapping as one that reaches further, whose pages are to be found again. */
    private static final int WALKS_BEFORE_LONGER = 64;
    /** A fault brings this much of the page cache into the process, where it is there. */
    static final int WINDOW_BITS = 16;
    /** Between two looks at those who are inside: they may wait for a processor, or for the disk. */
    private static final long WAIT_NS = 20_000;
    /** A walk that ends where the file has to be asked: the position is in the low half. */
    private static final long NOT_MAPPED = Long.MIN_VALUE;

    private static final VarHandle WALKERS;

    static {
        try {
            WALKERS = MethodHandles.lookup().findVarHandle(ReadMapping.class, "walkers", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** A mapping, and which windows of it have been walked over: bits that are set by any thread, and lost now and then. */
    private static final class Mapped {
        final MappedRegion region;
        final int length;
        final long[] walked;

        Mapped(MappedRegion region) {
            this.region = region;
            length = region.length();
            walked = new long[(length >>> WINDOW_BITS >>> 6) + 1];
        }
    }

    private final Segment segment;
    private final ReadMappings all;

    private volatile @Nullable Mapped mapped;
    /** Inside a walk, or about to be. */
    @SuppressWarnings("UnusedVariable") // through WALKERS
    private int walkers;

    /** Since the last look of {@link #releaseIfUnused}. */
    private volatile boolean used;
    /** Walks through the file since there was a mapping, or a longer one. About so many: any thread counts. */
    private int missed;

    /** Replaced while somebody was inside; guarded by this. */
    private final List<MappedRegion> replaced = new ArrayList<>(0);

    ReadMapping(Segment segment, ReadMappings all) {
        this.segment = segment;
        this.all = all;
    }

    // ---- readers, with a pin
    // ------------------------------------------------------------------------------------------------------

    /**
     * Finds the first batch that ends at or after an offset, from a position at which a batch begins.
     *
     * @return position in the high, size in the low 32 bits; -1 where there is none before {@code end}; or another negative number where the walk
     *     is to go on through the file, at {@link #position}
     */
    long walk(long offset, int from, int end) {
        Mapped seen = mapped;
        if ((seen == null || from >= seen.length) && !mapIfWorth(from)) {
            return NOT_MAPPED | from;
        }
        int unused = (int) WALKERS.getAndAdd(this, 1);
        try {
            Mapped current = mapped;
            return current == null ? NOT_MAPPED | from : walk(current, offset, from, end);
        } finally {
            int left = (int) WALKERS.getAndAdd(this, -1);
            assert left > 0 : segment;
        }
    }

    /** Whether a walk is to go on through the file. */
    static boolean isUnfinished(long found) {
        return found < -1;
    }

    /** Where it goes on. */
    static int position(long unfinished) {
        return (int) unfinished;
    }

    /**
     * Whether a stretch is in the page cache; nothing of it is touched. False where it cannot be told.
     *
     * @param from first byte
     * @param to published, behind the last byte
     */
    boolean isInCache(int from, int to) {
        Mapped seen = mapped;
        if ((seen == null || to > seen.length) && !(all.isMappable() && map(from))) {
            return false;
        }
        int unused = (int) WALKERS.getAndAdd(this, 1);
        try {
            Mapped current = mapped;
            used = true;
            return current != null && to <= current.length && current.region.isInCache(from, to - from);
        } finally {
            int left = (int) WALKERS.getAndAdd(this, -1);
            assert left > 0 : segment;
        }
    }

    private long walk(Mapped current, long offset, int from, int end) {
        noteUse(current, from);
        MappedRegion region = current.region;
        int reach = Math.min(end, current.length);
        long before = segment.baseOffset() - 1;
        int at = from;
        while (reach - at >= RecordBatchDescriptor.HEADER_SIZE) {
            int size = RecordBatchDescriptor.LOG_OVERHEAD + region.getInt(at + RecordBatchDescriptor.LENGTH);
            long base = region.getLong(at + RecordBatchDescriptor.BASE_OFFSET);
            long last = base + region.getInt(at + RecordBatchDescriptor.LAST_OFFSET_DELTA);
            if (size < RecordBatchDescriptor.HEADER_SIZE || size > end - at || base <= before || last < base) {
                return NOT_MAPPED | from;
            }
            if (last >= offset) {
                boolean isWhole = region.getByte(at + RecordBatchDescriptor.MAGIC) == RecordBatchDescriptor.MAGIC_V2;
                return isWhole ? ((long) at << Integer.SIZE) | size : NOT_MAPPED | from;
            }
            before = last;
            at += size;
        }
        return NOT_MAPPED | at;
    }

    private void noteUse(Mapped current, int at) {
        if (!used) {
            used = true;
        }
        int window = at >>> WINDOW_BITS;
        long[] walked = current.walked;
        if ((walked[window >>> 6] & (1L << window)) == 0) {
            walked[window >>> 6] |= 1L << window;
            if (!all.mayHoldOneMore(this)) {
                letGo(current);
            }
        }
    }

    /** The pages stay in the page cache, and leave the process. */
    private void letGo(Mapped current) {
        current.region.letGo(0, current.length);
        Arrays.fill(current.walked, 0);
    }

    private boolean mapIfWorth(int from) {
        int walks = ++missed;
        if (walks < (mapped == null ? WALKS_BEFORE : WALKS_BEFORE_LONGER) || !all.isMappable()) {
            return false;
        }
        missed = 0;
        return map(from);
    }

    private synchronized boolean map(int from) {
        Mapped old = mapped;
        int size = segment.size();
        if (old != null && old.length >= size) {
            return from < old.length;
        }
        boolean admitted = from < size && all.admit(this);
        if (!admitted) {
            return false;
        }
        MappedRegion region = null;
        try {
            region = mapOrNull(size);
        } finally {
            if (region == null && old == null) {
                all.left(this);
            }
        }
        return region != null && replaceBy(region);
    }

    private boolean replaceBy(MappedRegion region) {
        region.adviseRandom();
        Mapped old = mapped;
        mapped = new Mapped(region);
        all.forgetWindows(this);
        if (old != null) {
            replaced.add(old.region);
            closeReplaced();
        }
        return true;
    }

    /** Where the process has no room for a mapping the file can be read all the same; one that was cut is damaged. */
    private @Nullable MappedRegion mapOrNull(int size) {
        try {
            return segment.map(0, size);
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.DAMAGED) {
                throw e;
            }
            return null;
        }
    }

    /** Nobody who comes now sees an old one. */
    private void closeReplaced() {
        if ((int) WALKERS.getVolatile(this) == 0) {
            replaced.forEach(MappedRegion::close);
            replaced.clear();
        }
    }

    // ---- owner
    // --------------------------------------------------------------------------------------------------------------------

    /** Before bytes are cut off that were published, and when the files are closed. Waits for walks, which take microseconds. */
    synchronized void drop() {
        Mapped old = mapped;
        if (old == null && replaced.isEmpty()) {
            return;
        }
        mapped = null;
        missed = 0;
        while ((int) WALKERS.getVolatile(this) != 0) {
            LockSupport.parkNanos(this, WAIT_NS);
        }
        closeReplaced();
        if (old != null) {
            all.left(this);
            old.region.close();
        }
    }

    /** Background: the mapping of a segment that nobody has read since the last call. */
    void releaseIfUnused() {
        if (used) {
            used = false;
        } else {
            drop();
        }
    }
}
