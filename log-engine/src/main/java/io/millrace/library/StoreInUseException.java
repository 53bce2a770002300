package io.millrace.library;

import java.nio.file.Path;

/** Another owner, in this process or another one, has the store's directory open for writing. The message says what can be done. */
public final class StoreInUseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoreInUseException(Path directory, Throwable cause) {
        super(
                "the log store " + directory.toAbsolutePath()
                        + " is open for writing already, in this process or another one (a broker, perhaps). A store has one writer:"
                        + " close it there first, or read it from here with LogStore.openReadOnly, which needs no lock",
                cause);
    }
}
