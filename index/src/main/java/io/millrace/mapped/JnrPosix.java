package io.millrace.mapped;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import net.openhft.posix.internal.jnr.JNRPosixInterface;
import org.jspecify.annotations.Nullable;

/**
 * {@link Posix} by Chronicle posix, for JDK 17 to 23.
 *
 * <p>Binds Chronicle's interface to the C library itself, because Chronicle's front class opens an SLF4J logger, which
 * prints where the host has no binding. Its other traps, hidden here: its open flags carry BSD's numbers (O_CREAT
 * truncates), so files are created by NIO and opened by plain numbers; and the first failing call of a process reports a
 * wrong error number, so one is made on purpose at load.
 */
final class JnrPosix extends Posix {
    private static final int NO_FILE = -1;

    /** What Chronicle's interface lacks. Public, as the binding is made in another class loader's package. */
    public interface FileSystemCalls {
        /** See {@code syncfs(2)}. */
        int syncfs(int descriptor);
    }

    private final JNRPosixInterface libc;
    private final FileSystemCalls fileSystem;
    private final Runtime runtime;

    private JnrPosix(JNRPosixInterface libc, FileSystemCalls fileSystem) {
        this.libc = libc;
        this.fileSystem = fileSystem;
        this.runtime = Runtime.getRuntime(libc);
    }

    /** Null where the native part does not load (another processor, a temp directory without exec). */
    static @Nullable Posix load() {
        try {
            JnrPosix posix = new JnrPosix(
                    LibraryLoader.create(JNRPosixInterface.class).load("c"),
                    LibraryLoader.create(FileSystemCalls.class).load("c"));
            posix.libc.ftruncate(NO_FILE, 0);
            posix.runtime.getLastError();
            return posix;
        } catch (RuntimeException | LinkageError unavailable) {
            return null;
        }
    }

    @Override
    int fallocate(Path file, long position, long length) {
        int descriptor = libc.open(file.toString(), OPEN_READ_WRITE, 0);
        if (descriptor < 0) {
            return runtime.getLastError();
        }
        try {
            return resultOf(libc.fallocate64(descriptor, 0, position, length));
        } finally {
            libc.close(descriptor);
        }
    }

    @Override
    int madvise(long address, long length, int advice) {
        return resultOf(libc.madvise(address, length, advice));
    }

    @Override
    int openForReading(Path file) {
        return libc.open(file.toString(), OPEN_READ, 0);
    }

    @Override
    int syncfs(int descriptor) {
        return resultOf(fileSystem.syncfs(descriptor));
    }

    @Override
    void close(int descriptor) {
        libc.close(descriptor);
    }

    @Override
    long address(ByteBuffer direct) {
        return Pointer.wrap(runtime, direct).address();
    }

    private int resultOf(int returned) {
        return returned == 0 ? 0 : runtime.getLastError();
    }
}
