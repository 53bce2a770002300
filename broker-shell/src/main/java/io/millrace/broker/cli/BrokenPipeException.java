package io.millrace.broker.cli;

/** Nobody reads standard output any more, as with {@code millrace consume ... | head}. */
final class BrokenPipeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BrokenPipeException(final Throwable cause) {
        super("nobody reads the output any more", cause);
    }
}
