package io.millrace.mapped;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The disk's fault, or what is on it: says what was being done, to which file, at which position, and why it failed.
 * Never thrown for a fault of a client or of the caller's code.
 */
public final class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What the caller can do about it. */
    public enum Kind {
        /** No blocks left, or over quota: the same call may succeed later. */
        NO_SPACE,
        /** The device or file system failed: what was written may be lost, nothing is to be retried. */
        IO,
        /** The file's content is not what it must be. */
        DAMAGED,
        /** The file or mapping has been closed. */
        CLOSED,
        /** The file system or platform cannot do what was asked. */
        UNSUPPORTED
    }

    private final Kind kind;
    private final transient @Nullable Path file;
    private final long position;

    /** An exception; {@code position} is a byte position in {@code file}, or -1 where none applies. */
    public StorageException(Kind kind, String what, @Nullable Path file, long position, @Nullable Throwable cause) {
        super(message(what, file, position, cause), cause);
        this.kind = kind;
        this.file = file;
        this.position = position;
    }

    private static String message(String what, @Nullable Path file, long position, @Nullable Throwable cause) {
        return what + " file=" + file + " position=" + position + (cause == null ? "" : " : " + cause);
    }

    /** What kind of failure this is. */
    public Kind kind() {
        return kind;
    }

    /** The file or directory concerned, where known. */
    public @Nullable Path file() {
        return file;
    }

    /** Byte position in the file, or -1. */
    public long position() {
        return position;
    }
}
