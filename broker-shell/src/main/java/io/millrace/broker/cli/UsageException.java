package io.millrace.broker.cli;

/** The command was asked for wrongly: one line that says what and where; exit code 2. */
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UsageException(final String line) {
        super(line);
    }
}
