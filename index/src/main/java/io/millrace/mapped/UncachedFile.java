package io.millrace.mapped;

import com.sun.nio.file.ExtendedOpenOption;
import io.millrace.mapped.FileFaults.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file that is read past the page cache ({@code O_DIRECT}): what is read comes from the disk and not from a copy of it in memory, and
 * nobody else's pages are driven out. Where a file system does not do that, it is read in the ordinary way.
 *
 * <p>Owned by one thread. Holds 256 KiB of direct memory while it is open.
 */
public final class UncachedFile implements AutoCloseable {
    private static final int WINDOW_BYTES = 256 << 10;

    private final Path path;
    private final FileFaults faults;
    private final int blockBytes;
    /** A multiple of blocks, at an address that is one: what {@code O_DIRECT} asks for. */
    private final ByteBuffer window;

    private FileChannel channel;
    private boolean uncached;
    /** Where in the file the window begins, and how many of its bytes are valid: the file's end may lie in it. */
    private long windowPosition;

    private int windowBytes;

    private UncachedFile(Path path, FileFaults faults, FileChannel channel, int blockBytes, boolean uncached) {
        this.path = path;
        this.faults = faults;
        this.channel = channel;
        this.blockBytes = blockBytes;
        this.uncached = uncached;
        ByteBuffer aligned =
                ByteBuffer.allocateDirect(WINDOW_BYTES + blockBytes).alignedSlice(blockBytes);
        this.window = aligned.limit(WINDOW_BYTES).slice();
    }

    /**
     * Opens a file for reading.
     *
     * @param path an existing file
     * @param faults asked before every operation
     * @return the open file
     * @throws StorageException if it cannot be opened
     */
    public static UncachedFile open(Path path, FileFaults faults) {
        try {
            faults.before(Operation.OPEN, path, 0, 0);
            int blockBytes = Math.toIntExact(Files.getFileStore(path).getBlockSize());
            boolean fits = Integer.bitCount(blockBytes) == 1 && blockBytes <= WINDOW_BYTES;
            FileChannel direct = fits ? openDirect(path) : null;
            return direct != null
                    ? new UncachedFile(path, faults, direct, blockBytes, true)
                    : new UncachedFile(path, faults, openCached(path), 1, false);
        } catch (IOException e) {
            throw StorageException.of("open", path, -1, e);
        }
    }

    private static @Nullable FileChannel openDirect(Path path) {
        try {
            return FileChannel.open(path, StandardOpenOption.READ, ExtendedOpenOption.DIRECT);
        } catch (IOException | UnsupportedOperationException e) {
            return null; // what is wrong with the file itself is met once more
        }
    }

    private static FileChannel openCached(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.READ);
    }

    /**
     * Whether the page cache is passed by.
     *
     * @return false where the file system does not offer it
     */
    public boolean isUncached() {
        return uncached;
    }

    /**
     * Reads until the buffer is full or the file ends.
     *
     * @param target filled from its position on
     * @param position where in the file
     * @return number of bytes read, 0 at the end of the file
     * @throws StorageException if neither way of reading works
     */
    public int readFully(ByteBuffer target, long position) {
        try {
            faults.before(Operation.READ, path, position, target.remaining());
            int from = target.position();
            while (target.hasRemaining()) {
                int count = take(target, position + target.position() - from);
                if (count == 0) {
                    break;
                }
            }
            return target.position() - from;
        } catch (IOException e) {
            throw StorageException.of("read", path, position, e);
        }
    }

    private int take(ByteBuffer target, long position) throws IOException {
        if (position < windowPosition || position >= windowPosition + windowBytes) {
            fill(position & -blockBytes);
        }
        int at = (int) (position - windowPosition);
        int count = Math.max(0, Math.min(target.remaining(), windowBytes - at));
        if (count > 0) {
            target.put(target.position(), window, at, count);
            target.position(target.position() + count);
        }
        return count;
    }

    private void fill(long position) throws IOException {
        windowBytes = 0;
        windowPosition = position;
        window.clear();
        try {
            windowBytes = Math.max(0, channel.read(window, position));
        } catch (IOException e) {
            if (!uncached) {
                throw e;
            }
            readCachedInstead();
            windowBytes = Math.max(0, channel.read(window.clear(), position));
        }
    }

    /** Some file systems take the flag and refuse the read. A bad block is met in this way, too. */
    private void readCachedInstead() throws IOException {
        FileChannel cached = openCached(path);
        channel.close();
        channel = cached;
        uncached = false;
    }

    /** Closes the file. */
    @Override
    public void close() {
        try {
            try {
                faults.before(Operation.CLOSE, path, 0, 0);
            } finally {
                channel.close();
            }
        } catch (IOException e) {
            throw StorageException.of("close", path, -1, e);
        }
    }
}
