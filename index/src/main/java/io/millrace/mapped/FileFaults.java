package io.millrace.mapped;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The seam through which tests make files fail: asked before every operation on a file.
 *
 * <p>What it throws is handled exactly like the same failure of the operating system. An implementation may also delay, count,
 * or end the world: {@link FaultInjection} is the one that fails by rules. Asked by any thread. In production it is {@link #NONE},
 * which does nothing and which the compiler leaves out, as no other implementation is loaded.
 */
@FunctionalInterface
public interface FileFaults {

    /** What is about to be done. */
    enum Operation {
        /** Open or create a file. */
        OPEN,
        /** Make a directory. */
        MAKE_DIRECTORY,
        /** Read bytes through the channel. */
        READ,
        /** Write bytes through the channel. A {@link ShortWrite} makes it go half way. */
        WRITE,
        /** Make bytes durable, of a file, a mapping or a directory. */
        FORCE,
        /** Reserve blocks. */
        RESERVE,
        /** Map a stretch of a file. */
        MAP,
        /** Change the length of a file. */
        TRUNCATE,
        /** Close a file. It is closed even where this fails, as the operating system does it. */
        CLOSE,
        /** Rename a file or directory. */
        RENAME,
        /** Delete a file. */
        DELETE
    }

    /** Nothing fails. */
    FileFaults NONE = (operation, file, position, length) -> {};

    /**
     * Returns to let the operation go on, throws to make it fail.
     *
     * @param operation what is about to be done
     * @param file the file or directory
     * @param position first byte concerned, 0 where that has no meaning
     * @param length number of bytes concerned, 0 where that has no meaning
     * @throws IOException the failure
     */
    void before(Operation operation, Path file, long position, long length) throws IOException;

    /**
     * Asked before a file or directory is renamed, in place of {@link #before}, which it calls.
     *
     * @param from the present path
     * @param to the new path
     * @throws IOException the failure
     */
    default void beforeRename(Path from, Path to) throws IOException {
        before(Operation.RENAME, from, 0, 0);
    }

    /** Thrown to make a write end early: so many bytes reach the file, then the write fails with the message. */
    final class ShortWrite extends IOException {
        private static final long serialVersionUID = 1L;

        private final long written;

        /**
         * A write that ends early.
         *
         * @param written number of bytes that reach the file
         * @param message what the operating system would have said
         */
        public ShortWrite(long written, String message) {
            super(message);
            this.written = written;
        }

        /**
         * How far the write went.
         *
         * @return number of bytes that reach the file
         */
        public long written() {
            return written;
        }
    }
}
