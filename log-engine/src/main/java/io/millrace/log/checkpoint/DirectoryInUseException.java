package io.millrace.log.checkpoint;

import java.nio.file.Path;

/** Another process, or another owner in this one, has the data directory open. The message names it and is fit for an operator. */
public final class DirectoryInUseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DirectoryInUseException(Path directory) {
        super("data directory " + directory.toAbsolutePath() + " is in use by another process: its "
                + DirectoryLock.FILE_NAME + " file is locked");
    }
}
