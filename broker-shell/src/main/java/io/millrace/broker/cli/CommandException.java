package io.millrace.broker.cli;

/** What was asked could not be done: one line that says why; exit code 1. */
final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CommandException(final String line) {
        super(line);
    }

    CommandException(final String line, final Throwable cause) {
        super(line, cause);
    }
}
