package io.millrace.mapped;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The seam through which tests make files fail: called before every operation on a file.
 *
 * <p>What it throws is handled exactly like the same failure of the operating system. An implementation may also delay or
 * count. Called from any thread.
 */
@FunctionalInterface
public interface FileFaults {

    /** What is about to be done. */
    enum Operation {
        /** Open or create a file. */
        OPEN,
        /** Write bytes through the channel. */
        WRITE,
        /** Make bytes durable, of a file, a mapping or a directory. */
        FORCE,
        /** Reserve blocks. */
        RESERVE,
        /** Map a stretch of a file. */
        MAP,
        /** Change the length of a file. */
        TRUNCATE,
        /** Close a file. */
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
}
