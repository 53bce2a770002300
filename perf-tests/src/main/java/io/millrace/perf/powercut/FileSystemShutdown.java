package io.millrace.perf.powercut;

import java.io.IOException;
import java.nio.file.Path;
import jnr.ffi.LibraryLoader;

/**
 * The call with which ext4 and xfs drop everything that is not on the disk: the file system is shut down without writing its journal,
 * as if the power had gone. Stateless.
 */
final class FileSystemShutdown {
    /** {@code _IOR('X', 125, uint32)}: EXT4_IOC_SHUTDOWN, and XFS_IOC_GOINGDOWN, which is the same number. */
    private static final long SHUTDOWN = 0x8004587DL;
    /** Do not write the journal either. */
    private static final int WITHOUT_FLUSHING_THE_LOG = 2;

    private static final int READ_ONLY = 0;

    private FileSystemShutdown() {}

    /** Of the C library, as jnr binds it: public by its rules. */
    public interface LibC {
        /** {@code open(2)}. */
        int open(String path, int flags);

        /** {@code ioctl(2)}. */
        int ioctl(int descriptor, long request, int[] argument);

        /** {@code close(2)}. */
        int close(int descriptor);
    }

    private static final class Loaded {
        static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");
    }

    /** Loads the library now, so that a cut takes no longer than a system call. */
    static void prepare() {
        Loaded.LIBC.close(-1);
    }

    /** From the return on nothing that was not on the disk will ever be. */
    static void of(Path mountPoint) throws IOException {
        int descriptor = Loaded.LIBC.open(mountPoint.toString(), READ_ONLY);
        if (descriptor < 0) {
            throw new IOException("cannot open " + mountPoint);
        }
        try {
            if (Loaded.LIBC.ioctl(descriptor, SHUTDOWN, new int[] {WITHOUT_FLUSHING_THE_LOG}) != 0) {
                throw new IOException("the file system cannot be shut down: " + mountPoint);
            }
        } finally {
            Loaded.LIBC.close(descriptor);
        }
    }
}
