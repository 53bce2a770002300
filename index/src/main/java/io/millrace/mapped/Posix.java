package io.millrace.mapped;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The system calls that the JDK does not offer: {@code fallocate}, {@code madvise} and {@code syncfs}.
 *
 * <p>They are a help and not a need: {@link #instance} is null where they cannot be had without a JVM flag or a warning on
 * the console, and callers then write zeros instead. Up to JDK 23 they come by Chronicle posix; from JDK 24 on, where jnr
 * makes the JVM print warnings, by the foreign function interface, and only in a process that was granted native access.
 *
 * <p>Stateless; any thread.
 */
abstract class Posix {
    static final int ENOSPC = 28;
    static final int EDQUOT = 122;
    static final int EOPNOTSUPP = 95;

    static final int MADV_RANDOM = 1;
    /** Of a shared mapping of a file: drops the page table's entries; what was stored stays. */
    static final int MADV_DONTNEED = 4;
    /** Linux 5.14: fault pages in for writing, without changing what they hold. */
    static final int MADV_POPULATE_WRITE = 23;

    /** O_RDWR | O_CLOEXEC of Linux; the flags' names in Chronicle posix carry BSD's numbers. */
    static final int OPEN_READ_WRITE = 2 | 0x80000;
    /** O_RDONLY | O_CLOEXEC. */
    static final int OPEN_READ = 0x80000;

    /**
     * The calls of this process. The first call starts loading them, which takes a fraction of a second, on a thread of its
     * own: nobody waits, and until it is done callers do without.
     *
     * @return null where there are none to be had in silence, or not yet
     */
    static @Nullable Posix instance() {
        return Loader.loaded;
    }

    /** Waits until the calls are loaded, or known not to be there: a fraction of a second, for what takes longer without them. */
    static @Nullable Posix awaitInstance() throws InterruptedException {
        Loader.THREAD.join();
        return Loader.loaded;
    }

    /**
     * Reserves blocks for a range and extends the file over it; bytes already there stay.
     *
     * @return 0, or the error number
     */
    abstract int fallocate(Path file, long position, long length);

    /**
     * Advises the kernel on a stretch of a mapping.
     *
     * @return 0, or the error number
     */
    abstract int madvise(long address, long length, int advice);

    /**
     * Opens a file or directory for reading, to be closed by {@link #close}.
     *
     * @return a descriptor, negative where it cannot be had
     */
    abstract int openForReading(Path file);

    /**
     * Makes everything durable that has been written to a file system. From Linux 5.8 on it fails where a write of any of its
     * files has failed since the descriptor was opened.
     *
     * @return 0, or the error number, which may be unknown and is then negative
     */
    abstract int syncfs(int descriptor);

    /** Closes a descriptor of {@link #openForReading}. */
    abstract void close(int descriptor);

    /** The address of a direct buffer's first byte, whatever its position. */
    abstract long address(ByteBuffer direct);

    private static final class Loader {
        static final Thread THREAD = new Thread(() -> Loader.loaded = load(), "millrace-native-loader");

        static volatile @Nullable Posix loaded;

        static {
            THREAD.setDaemon(true);
            THREAD.start();
        }

        private static @Nullable Posix load() {
            if (!System.getProperty("os.name").startsWith("Linux")) {
                return null;
            }
            return Runtime.version().feature() < 24 ? JnrPosix.load() : ForeignPosix.load();
        }
    }
}
