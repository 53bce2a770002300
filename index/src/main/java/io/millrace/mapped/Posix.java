package io.millrace.mapped;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The two system calls that the JDK does not offer: {@code fallocate} and {@code madvise}.
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
    /** Linux 5.14: fault pages in for writing, without changing what they hold. */
    static final int MADV_POPULATE_WRITE = 23;

    /** O_RDWR | O_CLOEXEC of Linux; the flags' names in Chronicle posix carry BSD's numbers. */
    static final int OPEN_READ_WRITE = 2 | 0x80000;

    /**
     * The calls of this process. The first call starts loading them, which takes a fraction of a second, on a thread of its
     * own: nobody waits, and until it is done callers do without.
     *
     * @return null where there are none to be had in silence, or not yet
     */
    static @Nullable Posix instance() {
        return Loader.loaded;
    }

    /** Waits until the calls are loaded, or known not to be there: for tests. */
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
