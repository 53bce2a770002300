package io.millrace.mapped;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The disk's fault: what was tried, on which file, at which position, and why it failed.
 *
 * <p>The message reads {@code <what> file=<path> position=<position> : <cause>}. The first failed {@code force} of a file
 * is final for its log: nothing may be acknowledged on the strength of a later one, because the kernel marks the pages
 * clean after a failed write.
 */
public final class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is, for those who act on it. */
    public enum Kind {
        /** The file system has no free blocks or the quota is used up; what was there before is unharmed. */
        NO_SPACE,
        /** The operating system reported an error of the device or of the file. */
        IO,
        /** The bytes were read and are not what they must be. */
        DAMAGED,
        /** The file was closed, perhaps by an interrupt of the thread that used it. */
        CLOSED,
        /** The platform or the file system cannot do this. */
        UNSUPPORTED
    }

    private final Kind kind;
    private final transient @Nullable Path file;
    private final long position;

    /**
     * A failure with the exception that reported it.
     *
     * @param kind what kind of failure
     * @param what what was tried, in a few words
     * @param file the file, or null where none is concerned
     * @param position byte position, -1 where there is none
     * @param cause what was reported, or null
     */
    public StorageException(Kind kind, String what, @Nullable Path file, long position, @Nullable Throwable cause) {
        super(message(what, file, position, cause), cause);
        this.kind = kind;
        this.file = file;
        this.position = position;
    }

    /**
     * A failure that was found by looking at the bytes.
     *
     * @param file the file
     * @param position byte position of what is wrong
     * @param what what is wrong
     * @return the exception to throw
     */
    public static StorageException damaged(Path file, long position, String what) {
        return new StorageException(Kind.DAMAGED, what, file, position, null);
    }

    /**
     * Wraps what a channel threw, and tells its kind.
     *
     * @param what what was tried
     * @param file the file
     * @param position byte position, -1 where there is none
     * @param cause what the channel threw
     * @return the exception to throw
     */
    public static StorageException of(String what, Path file, long position, IOException cause) {
        return new StorageException(kindOf(cause), what, file, position, cause);
    }

    /**
     * What kind of failure this is.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * The file that failed.
     *
     * @return its path, null where none is concerned
     */
    public @Nullable Path file() {
        return file;
    }

    /**
     * Where in the file.
     *
     * @return byte position, -1 where there is none
     */
    public long position() {
        return position;
    }

    /** The JDK has no type for a full disk, only the operating system's English words. */
    private static Kind kindOf(IOException cause) {
        if (cause instanceof ClosedChannelException) {
            return Kind.CLOSED;
        }
        String message = String.valueOf(cause.getMessage());
        boolean full = message.contains("No space left") || message.contains("quota exceeded");
        return full ? Kind.NO_SPACE : Kind.IO;
    }

    private static String message(String what, @Nullable Path file, long position, @Nullable Throwable cause) {
        String where = position < 0 ? "" : " position=" + position;
        String of = file == null ? "" : " file=" + file;
        return what + of + where + (cause == null ? "" : " : " + cause);
    }
}
