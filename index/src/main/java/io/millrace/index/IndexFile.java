package io.millrace.index;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.Reservations;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import io.millrace.mapped.StorageFile.Mode;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A file of entries of one size: its mapping, its blocks and its count. What an entry means is its owner's matter.
 *
 * <p>Owned by one {@link OffsetIndex} or {@link TimeIndex}. It costs an idle partition nothing: no descriptor is held, the
 * mapping is made at the first entry or look-up and given back by {@link #park}, the few entries that an opening log looks
 * at are read from the file, and blocks are reserved in steps of 4 to 64 KiB ahead of the last entry.
 * The file of an index that is being written has its full length, with a hole after the reserved blocks; {@link #trim}
 * cuts it to the valid entries. Where reservations do not hold entries are written through the channel, and read from the
 * mapping all the same: a page that is only read needs no block.
 *
 * <p>Threads: one writer; readers use {@link #entries} and {@link #region}; {@link #prepareAhead} may run on a third thread.
 */
final class IndexFile implements AutoCloseable {
    private static final int PAGE_BYTES = 4096;
    /** 64 KiB of offset index cover 32 MiB of log at the default interval: one reservation of some 10 µs for each. */
    private static final int STEP_BYTES_MAX = 64 * 1024;

    private static final VarHandle ENTRIES;

    static {
        try {
            ENTRIES = MethodHandles.lookup().findVarHandle(IndexFile.class, "entries", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int entrySize;
    private final boolean writable;
    private final FileFaults faults;
    /** Whether reserved blocks may be stored into, by file. */
    private final Predicate<Path> reservations;

    private final boolean sizeIsMultiple;
    /** Mappings that a larger one has replaced; a reader may still be in them, so they live until the close. */
    private final List<MappedRegion> replaced = new ArrayList<>(0);

    private volatile Path path;
    private volatile int maxEntries;
    private volatile @Nullable MappedRegion region;
    /** First entry and the last two of a file that is not mapped. */
    private volatile @Nullable Edges edges;
    /** Blocks of {@code [reservedFrom, reservedEnd)} are ours for certain; both change under this object's monitor. */
    private volatile int reservedEnd;

    private int reservedFrom;
    /** The file is exactly its entries. */
    private boolean trimmed;

    private boolean closed;
    /** Number of valid entries; written by the writer with release, after the entry's bytes. */
    private int entries;

    private IndexFile(
            Path path,
            int entrySize,
            int maxBytes,
            int sizeBytes,
            boolean writable,
            FileFaults faults,
            Predicate<Path> reservations) {
        this.reservations = reservations;
        this.path = path;
        this.entrySize = entrySize;
        this.writable = writable;
        this.faults = faults;
        this.sizeIsMultiple = sizeBytes % entrySize == 0;
        this.entries = sizeBytes / entrySize;
        this.maxEntries = Math.max(writable ? maxBytes / entrySize : 0, entries);
        this.reservedFrom = entries * entrySize;
        this.reservedEnd = reservedFrom;
        this.trimmed = sizeIsMultiple;
    }

    static IndexFile open(Path path, int entrySize, int maxBytes, boolean writable, FileFaults faults) {
        return open(path, entrySize, maxBytes, writable, faults, Reservations::holdAt);
    }

    /** With somebody else's word on reservations, for tests. */
    static IndexFile open(
            Path path, int entrySize, int maxBytes, boolean writable, FileFaults faults, Predicate<Path> reservations) {
        if (writable && maxBytes < entrySize) {
            throw new IllegalArgumentException("no entry fits into " + maxBytes + " bytes: " + path);
        }
        return new IndexFile(
                path, entrySize, maxBytes, sizeOrMade(path, writable, faults), writable, faults, reservations);
    }

    private static int sizeOrMade(Path path, boolean writable, FileFaults faults) {
        try {
            return Math.toIntExact(Files.size(path));
        } catch (NoSuchFileException e) {
            if (!writable) {
                throw StorageException.of("size of index", path, -1, e);
            }
            StorageFile.open(path, Mode.CREATE, faults).close();
            return 0;
        } catch (IOException e) {
            throw StorageException.of("size of index", path, -1, e);
        } catch (ArithmeticException e) {
            throw new StorageException(StorageException.Kind.DAMAGED, "index of over 2 GiB", path, -1, e);
        }
    }

    Path path() {
        return path;
    }

    void moved(Path newPath) {
        path = newPath;
    }

    /** Number of entries, whose bytes are visible to the caller. */
    int entries() {
        return (int) ENTRIES.getAcquire(this);
    }

    int maxEntries() {
        return maxEntries;
    }

    /** The mapping that holds at least the entries counted before the call. Not to be called without entries. */
    MappedRegion region() {
        MappedRegion mapped = region;
        return mapped != null ? mapped : mapForReading();
    }

    /**
     * Eight bytes of the first entry or one of the last two, without a mapping where there is none: opening ten thousand logs
     * must not map twenty thousand files.
     */
    long edgeLong(int at) {
        MappedRegion mapped = region;
        return mapped != null ? mapped.getLong(at) : edgesAt(at, Long.BYTES).getLong(0);
    }

    /** The same for four bytes. */
    int edgeInt(int at) {
        MappedRegion mapped = region;
        return mapped != null ? mapped.getInt(at) : edgesAt(at, Integer.BYTES).getInt(0);
    }

    private ByteBuffer edgesAt(int at, int length) {
        Edges known = edges;
        int count = entries();
        if (known == null || known.entries != count) {
            known = readEdges(count);
            edges = known;
        }
        return known.slice(at, length);
    }

    private Edges readEdges(int count) {
        int tailEntries = Math.min(2, count);
        ByteBuffer head = ByteBuffer.allocate(entrySize);
        ByteBuffer tail = ByteBuffer.allocate(tailEntries * entrySize);
        int tailAt = (count - tailEntries) * entrySize;
        try (StorageFile file = StorageFile.open(path, Mode.READ, faults)) {
            if (file.readFully(head, 0) < entrySize || file.readFully(tail, tailAt) < tail.capacity()) {
                throw damaged(count, "index ends before its last entry");
            }
        }
        return new Edges(count, head, tail, tailAt);
    }

    /** Bytes at both ends of the entries, as they were when there were so many. */
    private record Edges(int entries, ByteBuffer head, ByteBuffer tail, int tailAt) {
        ByteBuffer slice(int at, int length) {
            boolean inTail = at >= tailAt;
            return inTail ? tail.slice(at - tailAt, length) : head.slice(at, length);
        }
    }

    /**
     * Gives the mapping back; the next look-up or entry makes it again. Nobody may be inside, and no entry may be under way.
     */
    synchronized void park() {
        MappedRegion mapped = region;
        region = null;
        edges = null;
        if (mapped != null && !closed) {
            mapped.close();
        }
        replaced.forEach(MappedRegion::close);
        replaced.clear();
    }

    /** The mapping, in which the next entry's bytes may be stored. Writer only. */
    MappedRegion regionForNext() {
        int end = (entries + 1) * entrySize;
        MappedRegion mapped = region;
        if (mapped == null || end > reservedEnd || end > mapped.length()) {
            return prepare(end);
        }
        return mapped;
    }

    /** Publishes one entry more, after its bytes. Writer only. */
    void publishNext() {
        assert (entries + 1) * entrySize <= reservedEnd : path;
        ENTRIES.setRelease(this, entries + 1);
    }

    /** Forgets the entries from a slot on; their blocks stay. Writer only. */
    synchronized void truncateToEntries(int count) {
        assert count <= entries : path;
        trimmed &= count == entries;
        int end = count * entrySize;
        if (end < reservedFrom) {
            reservedFrom = end;
            reservedEnd = end;
        }
        ENTRIES.setRelease(this, count);
    }

    /** Reserves and warms the next step if the last one is more than half used. Any thread; does nothing when idle. */
    synchronized void prepareAhead() {
        MappedRegion mapped = region;
        int used = entries() * entrySize;
        int end = reservedEnd;
        boolean idle = trimmed || closed || reservedFrom == end;
        if (idle || mapped == null || end >= mapped.length() || end - used > stepBytes(used) / 2) {
            return;
        }
        reserve(end + 1);
        mapped.populateWrite(end, Math.min(reservedEnd, mapped.length()) - end);
    }

    /** Reserves, maps and warms the first step of an index without an entry, whose writer is about to come. Any thread. */
    synchronized void prepareFirst() {
        if (region == null && entries() == 0 && writable && !closed) {
            prepare(entrySize).populateWrite(0, Math.min(PAGE_BYTES, capacityBytes()));
        }
    }

    /** Changes how many entries fit; never below those that are there. Writer only. */
    void resize(int maxBytes) {
        maxEntries = Math.max(maxBytes / entrySize, entries);
    }

    /** Cuts the file to its valid entries. Nobody reads or stores past them, so the mapping may stay. */
    synchronized void trim() {
        if (!writable || closed || trimmed) {
            return;
        }
        int validBytes = entries * entrySize;
        try (StorageFile file = StorageFile.open(path, Mode.READ_WRITE, faults)) {
            reservedFrom = validBytes;
            reservedEnd = validBytes;
            if (file.size() != validBytes) {
                file.truncate(validBytes);
            }
            trimmed = true;
        }
    }

    void force() {
        try (StorageFile file = StorageFile.open(path, Mode.READ_WRITE, faults)) {
            file.force(true);
        }
    }

    StorageException damaged(int slot, String what) {
        return StorageException.damaged(path, (long) slot * entrySize, what);
    }

    void checkSize() {
        if (!sizeIsMultiple) {
            throw damaged(entries, "index size is not a multiple of " + entrySize);
        }
    }

    /** Trims and unmaps. No reader may be inside. */
    @Override
    public void close() {
        try {
            trim();
        } finally {
            discard();
        }
    }

    /** Unmaps and leaves the file as it is: for one that is deleted or failed. No reader may be inside. */
    synchronized void discard() {
        closed = true;
        MappedRegion mapped = region;
        if (mapped != null) {
            mapped.close();
        }
        replaced.forEach(MappedRegion::close);
    }

    private synchronized MappedRegion mapForReading() {
        MappedRegion mapped = region;
        return mapped != null ? mapped : map(entries() * entrySize);
    }

    private synchronized MappedRegion prepare(int end) {
        if (!writable || closed) {
            throw new IllegalStateException("index is " + (closed ? "closed: " : "read-only: ") + path);
        }
        trimmed = false;
        if (end > reservedEnd) {
            reserve(end);
        }
        MappedRegion mapped = region;
        return mapped != null && mapped.length() >= end ? mapped : map(capacityBytes());
    }

    /**
     * Reserves a step beyond what is reserved, at least up to {@code end}. Starts at a whole page, but never below what is
     * reserved already, where the writer may be storing meanwhile.
     */
    private void reserve(int end) {
        int from = reservedEnd & -PAGE_BYTES;
        int to = Math.min(pageCeil(Math.max(end, reservedEnd + stepBytes(reservedEnd))), capacityBytes());
        try (StorageFile file = StorageFile.open(path, Mode.READ_WRITE, faults)) {
            file.reserve(from, to - from);
        }
        reservedEnd = to;
    }

    private int capacityBytes() {
        return maxEntries * entrySize;
    }

    private MappedRegion map(int length) {
        if (closed) {
            throw new IllegalStateException("index is closed: " + path);
        }
        if (writable && !reservations.test(path)) {
            StorageFile file = StorageFile.open(path, Mode.READ_WRITE, faults);
            return replaceBy(MappedRegion.mapStoringByChannel(file, 0, length));
        }
        try (StorageFile file = StorageFile.open(path, writable ? Mode.READ_WRITE : Mode.READ, faults)) {
            return replaceBy(MappedRegion.map(file, 0, length, writable));
        }
    }

    private MappedRegion replaceBy(MappedRegion mapped) {
        mapped.adviseRandom();
        MappedRegion old = region;
        if (old != null) {
            replaced.add(old);
        }
        region = mapped;
        edges = null;
        return mapped;
    }

    /** As much again as is used already: small for a small partition. */
    private static int stepBytes(int used) {
        return Math.max(PAGE_BYTES, Math.min(STEP_BYTES_MAX, pageCeil(used)));
    }

    private static int pageCeil(int bytes) {
        return (bytes + PAGE_BYTES - 1) & -PAGE_BYTES;
    }
}
