package io.millrace.mapped;

import io.millrace.mapped.FileFaults.Operation;
import io.millrace.mapped.Unmapping.Mapping;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a file in memory. Numbers are big endian; places are byte positions within the region.
 *
 * <p>Owned by whoever mapped it: one thread stores, any thread loads what the owner has published to it. The region gives
 * no ordering of its own. Blocks must have been reserved before they are stored into, and {@link #close} must not run
 * while another thread is inside an access or holds a {@link #readOnlyView}: on JDK 17 that thread would take the process
 * down. After the close every access fails.
 *
 * <p>A page that cannot be had arrives as {@link InternalError}, on JDK 17 possibly some lines late. The append path
 * catches it in one place and makes it a {@link StorageException} by {@link #accessFailed}.
 */
public final class MappedRegion implements AutoCloseable {
    private static final ByteBuffer CLOSED = ByteBuffer.allocateDirect(0);
    private static final int PAGE_BYTES = 4096;

    private final Path file;
    private final FileFaults faults;
    private final long position;
    private final int length;
    private final Mapping mapping;

    /** What is stored is written to this file, and read back through the mapping; null where stores go to memory. */
    private final @Nullable StorageFile stores;

    /** The mapped memory while the region is open, empty afterwards, so that no access can reach unmapped memory. */
    private ByteBuffer memory;

    private volatile boolean closed;

    /** Looked up once, when advice is first given; 0 before. */
    private long address;

    private MappedRegion(StorageFile file, long position, int length, Mapping mapping, @Nullable StorageFile stores) {
        this.stores = stores;
        this.file = file.path();
        this.faults = file.faults();
        this.position = position;
        this.length = length;
        this.mapping = mapping;
        this.memory = mapping.buffer();
    }

    /**
     * Maps a stretch of a file. The file may be closed afterwards.
     *
     * @param file the open file; for writing if {@code writable}
     * @param position first byte of the file
     * @param length number of bytes; a writable mapping that goes past the end extends the file by a hole
     * @param writable whether it will be stored into
     * @return the region
     */
    public static MappedRegion map(StorageFile file, long position, int length, boolean writable) {
        file.before(Operation.MAP, "map", position, length);
        try {
            MapMode mode = writable ? MapMode.READ_WRITE : MapMode.READ_ONLY;
            return new MappedRegion(
                    file, position, length, Unmapping.OF_THIS_JDK.map(file.channel(), mode, position, length), null);
        } catch (IOException e) {
            throw file.failed("map", position, e);
        }
    }

    /**
     * Maps a stretch of a file in which {@link #putLong} and {@link #putInt} write through the channel: for file systems where a
     * reservation does not hold, and a store into memory could find no block. A full disk is an exception then.
     *
     * @param file opened for writing; it belongs to the region from here on, also on failure
     * @param position first byte of the file
     * @param length number of bytes; past the end of the file it is extended by a hole
     * @return the region
     */
    public static MappedRegion mapStoringByChannel(StorageFile file, long position, int length) {
        boolean mapped = false;
        try {
            file.before(Operation.MAP, "map", position, length);
            Mapping mapping = Unmapping.OF_THIS_JDK.map(file.channel(), MapMode.READ_WRITE, position, length);
            mapped = true;
            return new MappedRegion(file, position, length, mapping, file);
        } catch (IOException e) {
            throw file.failed("map", position, e);
        } finally {
            if (!mapped) {
                file.close();
            }
        }
    }

    /**
     * The file position of the region's first byte.
     *
     * @return byte position in the file
     */
    public long position() {
        return position;
    }

    /**
     * The region's length.
     *
     * @return length in bytes
     */
    public int length() {
        return length;
    }

    /**
     * Stores eight bytes.
     *
     * @param at where
     * @param value what
     */
    public void putLong(int at, long value) {
        if (stores == null) {
            memory.putLong(at, value);
        } else {
            write(stores, at, ByteBuffer.allocate(Long.BYTES).putLong(0, value));
        }
    }

    /**
     * Stores four bytes.
     *
     * @param at where
     * @param value what
     */
    public void putInt(int at, int value) {
        if (stores == null) {
            memory.putInt(at, value);
        } else {
            write(stores, at, ByteBuffer.allocate(Integer.BYTES).putInt(0, value));
        }
    }

    private void write(StorageFile file, int at, ByteBuffer value) {
        Objects.checkFromIndexSize(at, value.remaining(), memory.capacity());
        file.writeFully(value, position + at);
    }

    /**
     * Copies bytes in; the source's position and limit do not matter and stay.
     *
     * @param at where
     * @param source any buffer
     * @param sourcePosition first byte of the source
     * @param count number of bytes
     */
    public void putBytes(int at, ByteBuffer source, int sourcePosition, int count) {
        memory.put(at, source, sourcePosition, count);
    }

    /**
     * Loads eight bytes.
     *
     * @param at where
     * @return the value
     */
    public long getLong(int at) {
        return memory.getLong(at);
    }

    /**
     * Loads four bytes.
     *
     * @param at where
     * @return the value
     */
    public int getInt(int at) {
        return memory.getInt(at);
    }

    /**
     * Loads a byte.
     *
     * @param at where
     * @return the value
     */
    public byte getByte(int at) {
        return memory.get(at);
    }

    /**
     * Copies bytes out, as many as the target has room for.
     *
     * @param at where from
     * @param target filled from its position to its limit
     */
    public void getBytes(int at, ByteBuffer target) {
        int count = target.remaining();
        target.put(target.position(), memory, at, count);
        target.position(target.position() + count);
    }

    /**
     * Tells the kernel that neighbours of a touched page are not wanted: a store into a page that is not there yet then
     * costs one page and not a read-ahead window. Advice: nothing happens where it cannot be given.
     */
    public void adviseRandom() {
        Posix posix = Posix.instance();
        if (posix != null && !closed && length > 0) {
            long first = address(posix);
            long start = pageFloor(first);
            posix.madvise(start, first + length - start, Posix.MADV_RANDOM);
        }
    }

    /**
     * Has the kernel make pages present and writable now, without changing a byte, so that stores take no fault. Blocks
     * must be reserved.
     *
     * @param from first byte
     * @param count number of bytes
     * @return false where the kernel or the platform refuses; then write the pages through the channel instead
     */
    public boolean populateWrite(int from, int count) {
        Posix posix = Posix.instance();
        if (posix == null || closed || count <= 0 || stores != null) {
            return false;
        }
        Objects.checkFromIndexSize(from, count, length);
        long first = address(posix) + from;
        long start = pageFloor(first);
        return posix.madvise(start, first + count - start, Posix.MADV_POPULATE_WRITE) == 0;
    }

    /**
     * Lets go of the memory of a stretch, which stays in the page cache: the next access of it takes a fault. Advice: nothing happens
     * where it cannot be given.
     *
     * @param from first byte
     * @param count number of bytes
     */
    public void letGo(int from, int count) {
        Posix posix = Posix.instance();
        if (posix == null || closed || count <= 0) {
            return;
        }
        Objects.checkFromIndexSize(from, count, length);
        long first = address(posix) + from;
        long start = pageFloor(first + PAGE_BYTES - 1);
        long end = pageFloor(first + count);
        if (start < end) {
            posix.madvise(start, end - start, Posix.MADV_DONTNEED);
        }
    }

    /**
     * Whether all pages are in the page cache now.
     *
     * @return false where one is not, or where it cannot be told
     */
    public boolean isInCache() {
        return !closed && length > 0 && ((MappedByteBuffer) memory).isLoaded();
    }

    /**
     * Whether all pages of a stretch are in the page cache now; of those that this process has not touched the kernel is asked.
     *
     * @param from first byte
     * @param count number of bytes
     * @return false where one is not, or where it cannot be told
     */
    public boolean isInCache(int from, int count) {
        return !closed && count > 0 && ((MappedByteBuffer) memory.slice(from, count)).isLoaded();
    }

    /**
     * Makes a stretch durable.
     *
     * @param from first byte
     * @param count number of bytes
     * @throws StorageException if it failed, which is final: see there
     */
    public void force(int from, int count) {
        try {
            faults.before(Operation.FORCE, file, position + from, count);
            ((MappedByteBuffer) memory).force(from, count);
        } catch (IOException e) {
            throw StorageException.of("force", file, position + from, e);
        } catch (UncheckedIOException e) {
            throw new StorageException(StorageException.Kind.IO, "force", file, position + from, e);
        }
    }

    /**
     * The bytes themselves, not a copy, readable only. Not to be used after the region is closed, and not to be read by
     * native code such as checksums and codecs.
     *
     * @param from first byte
     * @param count number of bytes
     * @return a new buffer of {@code count} bytes, big endian
     */
    public ByteBuffer readOnlyView(int from, int count) {
        return memory.slice(from, count).asReadOnlyBuffer();
    }

    /**
     * What an {@link InternalError} thrown by an access means.
     *
     * @param error what the access threw
     * @return the exception to throw instead
     */
    public StorageException accessFailed(InternalError error) {
        return new StorageException(StorageException.Kind.IO, "mapped access", file, position, error);
    }

    /**
     * Whether {@link #close} was called.
     *
     * @return true after the close
     */
    public boolean isClosed() {
        return closed;
    }

    /** Unmaps. What was stored stays in the page cache. Calling it again does nothing. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        memory = CLOSED;
        Unmapping.OF_THIS_JDK.unmap(mapping);
        if (stores != null) {
            stores.close();
        }
    }

    /**
     * Lets go of the mapping where somebody may still use a {@link #readOnlyView} of it by mistake: such a use never ends the
     * process. From JDK 22 on it unmaps, and the use is an exception; before, the garbage collector unmaps when no view is left.
     * Calling it again does nothing.
     */
    public void release() {
        if (Unmapping.OF_THIS_JDK.refusesLateAccess()) {
            close();
        }
        closed = true;
        memory = CLOSED;
    }

    private long address(Posix posix) {
        long known = address;
        if (known == 0) {
            known = posix.address(mapping.buffer());
            address = known;
        }
        return known;
    }

    private static long pageFloor(long address) {
        return address & -PAGE_BYTES;
    }
}
