package io.millrace.mapped;

import io.millrace.mapped.FileFaults.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An open file whose failures are {@link StorageException}s: a channel, and what the JDK's channel lacks, which is the
 * reservation of blocks.
 *
 * <p>Owned by whoever opened it. The channel may be read by any thread; {@link #reserve} and {@link #truncate} must not
 * overlap in the same range. A mapping outlives the close of the file that it was made from.
 */
public final class StorageFile implements AutoCloseable {
    private static final String REMOTE_OR_COPYING = "btrfs zfs bcachefs nfs nfs4 cifs smb3 9p ceph";

    /**
     * Largest single write, up to a multiple of itself: the page cache keeps what is written at once, as far as its place allows, as one run
     * of pages, which is cheaper to get, to map and to write back than single pages. Measured, seconds of processor a GB: 0.50 in pieces
     * of 16 KiB, 0.32 of 64, 0.27 of 256, 0.77 of 1 MiB, for which the kernel clears memory that it has just got from the host.
     */
    public static final int PIECE_BYTES = 256 << 10;

    /** How a file is opened. */
    public enum Mode {
        /** For reading; the file must exist. */
        READ,
        /** For reading and writing; the file must exist. */
        READ_WRITE,
        /** For reading and writing; made, empty, if it does not exist. Its directory is the caller's to force. */
        CREATE
    }

    private volatile Path path;
    private final Mode mode;
    private final FileFaults faults;
    /** Null while parked. */
    private volatile @Nullable FileChannel open;

    /** Not the JDK's interruptible channel; null until it is needed. */
    private volatile @Nullable AsynchronousFileChannel forcing;

    private boolean closed; // guarded by this

    private StorageFile(Path path, Mode mode, @Nullable FileChannel channel, FileFaults faults) {
        this.path = path;
        this.mode = mode;
        this.open = channel;
        this.faults = faults;
    }

    /**
     * Opens a file.
     *
     * @param path where it is
     * @param mode how to open it
     * @param faults asked before every operation
     * @return the open file
     * @throws StorageException if it cannot be opened
     */
    public static StorageFile open(Path path, Mode mode, FileFaults faults) {
        try {
            faults.before(Operation.OPEN, path, 0, 0);
            return new StorageFile(path, mode, FileChannel.open(path, optionsOf(mode)), faults);
        } catch (IOException e) {
            throw StorageException.of("open", path, -1, e);
        }
    }

    /**
     * A file that exists, as after {@link #park}: it is opened by its first use.
     *
     * @param path where it is
     * @param mode how to open it
     * @param faults asked before every operation
     * @return the file, without a descriptor
     */
    public static StorageFile parked(Path path, Mode mode, FileFaults faults) {
        return new StorageFile(path, mode, null, faults);
    }

    /**
     * Whether a reservation holds on the file system of a file: whether a store into reserved blocks can still run out of
     * space. It can on file systems that copy on write, and on remote ones; there appends have to go through the channel.
     *
     * @param existing an existing file or directory
     * @return true if {@link #reserve} keeps its promise there
     */
    public static boolean reservationHolds(Path existing) {
        try {
            String type = Files.getFileStore(existing).type();
            return !type.startsWith("fuse") && !(" " + REMOTE_OR_COPYING + " ").contains(" " + type + " ");
        } catch (IOException e) {
            throw StorageException.of("file store", existing, -1, e);
        }
    }

    /**
     * The file's path.
     *
     * @return the path it was opened by, or has got since
     */
    public Path path() {
        return path;
    }

    /**
     * The channel, for transfers and reads. It is closed by this object.
     *
     * @return the open channel
     */
    public FileChannel channel() {
        FileChannel channel = open;
        return channel != null ? channel : reopen();
    }

    /**
     * Gives the descriptor back, for a file that nobody has used for a while: the next use opens it again, by its path. The
     * caller knows that nobody is using it now, and that it was forced since it was last written: of a descriptor that is
     * closed over dirty pages the kernel may forget to whom it owes the report of a failed write.
     */
    public synchronized void park() {
        FileChannel channel = open;
        if (channel != null && !closed) {
            open = null;
            closeForcing();
            close(channel);
        }
    }

    /**
     * Whether it holds no descriptor now.
     *
     * @return true after {@link #park} until the next use
     */
    public boolean isParked() {
        return open == null;
    }

    private synchronized FileChannel reopen() {
        FileChannel channel = open;
        if (channel == null) {
            if (closed) {
                throw failed("use", -1, new ClosedChannelException());
            }
            before(Operation.OPEN, "open", 0, 0);
            channel = openAgain();
            open = channel;
        }
        return channel;
    }

    private FileChannel openAgain() {
        try {
            faults.before(Operation.OPEN, path, 0, 0);
            return FileChannel.open(path, optionsOf(mode == Mode.CREATE ? Mode.READ_WRITE : mode));
        } catch (IOException e) {
            throw failed("open", -1, e);
        }
    }

    /**
     * The file's length.
     *
     * @return length in bytes
     */
    public long size() {
        try {
            return channel().size();
        } catch (IOException e) {
            throw failed("size", -1, e);
        }
    }

    /**
     * Makes sure that a range has blocks of its own, so that a store into it cannot run out of space, and extends the file
     * over the range. Bytes that are already there stay.
     *
     * <p>By {@code fallocate} where it can be had; elsewhere by writing zeros past the end and over stretches that read as
     * zeros, which leaves the pages in the cache as well. Nobody else may write in the range meanwhile.
     *
     * @param position first byte
     * @param length number of bytes
     * @throws StorageException {@code NO_SPACE} if the disk is full; some blocks may have been taken even so
     */
    public void reserve(long position, long length) {
        before(Operation.RESERVE, "reserve", position, length);
        Posix posix = Posix.instance();
        int error = posix == null ? Posix.EOPNOTSUPP : posix.fallocate(path, position, length);
        if (error == Posix.EOPNOTSUPP) {
            reserveByZeros(position, length);
        } else if (error != 0) {
            boolean full = error == Posix.ENOSPC || error == Posix.EDQUOT;
            IOException cause = new IOException(full ? "No space left on device" : "fallocate failed, error " + error);
            throw failed("reserve", position, cause);
        }
    }

    /**
     * Reserves a range by writing zeros over it, whatever is there, and leaves its pages in the cache. Dearer than {@link
     * #reserve} where the pages are not wanted soon; where they are, three times cheaper than reserving and populating them:
     * 0.4 s of processor a GB with the populating that makes them present, against 1.3 s.
     *
     * @param position first byte
     * @param length number of bytes
     * @throws StorageException {@code NO_SPACE} if the disk is full; part of the range may have been written even so
     */
    public void fillWithZeros(long position, long length) {
        before(Operation.RESERVE, "fill", position, length);
        new ZeroFill(this).over(position, position + length);
    }

    /**
     * Sets the end of the file back. The caller makes sure that no mapping is read or written past the new end.
     *
     * @param size the new length; a larger one than the present changes nothing
     */
    public void truncate(long size) {
        before(Operation.TRUNCATE, "truncate", size, 0);
        try {
            channel().truncate(size);
        } catch (IOException e) {
            throw failed("truncate", size, e);
        }
    }

    /**
     * Writes the remaining bytes of a buffer, all of them.
     *
     * @param source what to write, from its position to its limit
     * @param position where in the file
     */
    public void writeFully(ByteBuffer source, long position) {
        try {
            faults.before(Operation.WRITE, path, position, source.remaining());
        } catch (FileFaults.ShortWrite e) {
            writeSome(source, position, e.written());
            throw failed("write", position + e.written(), e);
        } catch (IOException e) {
            throw failed("write", position, e);
        }
        write(source, position);
    }

    private void writeSome(ByteBuffer source, long position, long count) {
        ByteBuffer some = source.duplicate();
        some.limit((int) Math.min(some.limit(), some.position() + count));
        write(some, position);
    }

    /**
     * Reads until the buffer is full or the file ends.
     *
     * @param target filled from its position on
     * @param position where in the file
     * @return number of bytes read, 0 at the end of the file
     */
    public int readFully(ByteBuffer target, long position) {
        before(Operation.READ, "read", position, target.remaining());
        return read(target, position);
    }

    /** Without asking for faults: for what belongs to an operation that was asked about. */
    int read(ByteBuffer target, long position) {
        int from = target.position();
        try {
            FileChannel channel = channel();
            while (target.hasRemaining()) {
                if (channel.read(target, position + target.position() - from) < 0) {
                    break;
                }
            }
        } catch (IOException e) {
            throw failed("read", position, e);
        }
        return target.position() - from;
    }

    /**
     * Makes all bytes of the file durable, also those stored through mappings of it.
     *
     * @param metadata whether times and owner matter too; the length is always included
     * @throws StorageException if it failed, which is final: see there
     */
    public void force(boolean metadata) {
        before(Operation.FORCE, "force", 0, 0);
        try {
            channel().force(metadata);
        } catch (IOException e) {
            throw failed("force", -1, e);
        }
    }

    /**
     * {@link #force} of the bytes and the length on a thread that may be interrupted at any time: the JDK would close the channel under
     * everybody else, and what the force would have told be lost. A descriptor of its own, kept until the file is closed or parked.
     */
    public void forceUninterrupted() {
        before(Operation.FORCE, "force", 0, 0);
        try {
            forcingChannel().force(false);
        } catch (IOException e) {
            throw failed("force", -1, e);
        }
    }

    private AsynchronousFileChannel forcingChannel() throws IOException {
        AsynchronousFileChannel channel = forcing;
        if (channel != null) {
            return channel;
        }
        synchronized (this) {
            if (closed) {
                throw new ClosedChannelException();
            }
            if (forcing == null) {
                forcing = AsynchronousFileChannel.open(path, StandardOpenOption.WRITE);
            }
            return forcing;
        }
    }

    private void closeForcing() {
        AsynchronousFileChannel channel = forcing;
        forcing = null;
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw failed("close", -1, e);
            }
        }
    }

    /**
     * Makes creations, renames and deletions in a directory durable.
     *
     * @param directory the directory
     * @param faults asked before
     */
    public static void forceDirectory(Path directory, FileFaults faults) {
        try {
            faults.before(Operation.FORCE, directory, 0, 0);
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        } catch (IOException e) {
            throw StorageException.of("force directory", directory, -1, e);
        }
    }

    /**
     * Renames in one step, replacing what has the name.
     *
     * @param from the present path
     * @param to the new path, on the same file system
     * @param faults asked before
     */
    public static void rename(Path from, Path to, FileFaults faults) {
        try {
            faults.beforeRename(from, to);
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw StorageException.of("rename to " + to, from, -1, e);
        }
    }

    /**
     * Gives the open file another name in one step, replacing what has it.
     *
     * @param to the new path, on the same file system
     */
    public void renameTo(Path to) {
        rename(path, to, faults);
        path = to;
    }

    /**
     * Renames in one step, where the file is there.
     *
     * @param from the present path
     * @param to the new path, on the same file system
     * @param faults asked before
     * @return whether it was there
     */
    public static boolean renameIfExists(Path from, Path to, FileFaults faults) {
        try {
            faults.beforeRename(from, to);
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw StorageException.of("rename to " + to, from, -1, e);
        }
    }

    /**
     * Makes a directory and those above it, where they are not there. The directory above is the caller's to force.
     *
     * @param directory the directory
     * @param faults asked before, where there is something to be made
     */
    public static void createDirectories(Path directory, FileFaults faults) {
        try {
            if (!Files.isDirectory(directory)) {
                faults.before(Operation.MAKE_DIRECTORY, directory, 0, 0);
                Files.createDirectories(directory);
            }
        } catch (IOException e) {
            throw StorageException.of("create directory", directory, -1, e);
        }
    }

    /**
     * Deletes a file if it is there.
     *
     * @param file the file
     * @param faults asked before
     * @return whether it was there
     */
    public static boolean deleteIfExists(Path file, FileFaults faults) {
        try {
            faults.before(Operation.DELETE, file, 0, 0);
            return Files.deleteIfExists(file);
        } catch (IOException e) {
            throw StorageException.of("delete", file, -1, e);
        }
    }

    /** Closes the channel, also where it throws; mappings made from it stay. */
    @Override
    public synchronized void close() {
        closed = true;
        closeForcing();
        FileChannel channel = open;
        if (channel != null) {
            close(channel);
        }
    }

    private void close(FileChannel channel) {
        try {
            try {
                faults.before(Operation.CLOSE, path, 0, 0);
            } finally {
                channel.close();
            }
        } catch (IOException e) {
            throw failed("close", -1, e);
        }
    }

    FileFaults faults() {
        return faults;
    }

    StorageException failed(String what, long position, IOException cause) {
        return StorageException.of(what, path, position, cause);
    }

    void before(Operation operation, String what, long position, long length) {
        try {
            faults.before(operation, path, position, length);
        } catch (IOException e) {
            throw failed(what, position, e);
        }
    }

    private void reserveByZeros(long position, long length) {
        ZeroFill fill = new ZeroFill(this);
        long end = position + length;
        long size = size();
        fill.overHoles(position, Math.min(end, size));
        fill.over(Math.max(position, size), end);
    }

    /** How much of a range is to be written at once: up to the next multiple of {@link #PIECE_BYTES}. */
    static int pieceLength(long position, long end) {
        return (int) (Math.min(end, (position + PIECE_BYTES) & -PIECE_BYTES) - position);
    }

    /** In pieces. */
    void write(ByteBuffer source, long position) {
        int from = source.position();
        int limit = source.limit();
        try {
            FileChannel channel = channel();
            while (source.position() < limit) {
                int at = source.position();
                long place = position + at - from;
                source.limit(at + pieceLength(place, place + limit - at));
                channel.write(source, place);
            }
        } catch (IOException e) {
            throw failed("write", position + source.position() - from, e);
        } finally {
            source.limit(limit);
        }
    }

    private static Set<OpenOption> optionsOf(Mode mode) {
        return switch (mode) {
            case READ -> Set.of(StandardOpenOption.READ);
            case READ_WRITE -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
            case CREATE -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        };
    }
}
