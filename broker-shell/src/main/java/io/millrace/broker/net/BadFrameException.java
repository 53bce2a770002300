package io.millrace.broker.net;

/** The bytes on a connection are no request; the connection ends. The message is the log line. */
final class BadFrameException extends Exception {
    private static final long serialVersionUID = 1L;

    BadFrameException(String message) {
        super(message, null, false, false);
    }
}
