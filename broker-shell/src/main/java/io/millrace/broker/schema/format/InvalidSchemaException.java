package io.millrace.broker.schema.format;

/** The text is no schema of its language; the message says why, in one sentence for the one who wrote it. */
public final class InvalidSchemaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With the sentence. */
    public InvalidSchemaException(String message) {
        super(message);
    }

    /** With the sentence and what the library threw. */
    public InvalidSchemaException(String message, Throwable cause) {
        super(message, cause);
    }
}
