package io.millrace.broker.request;

import java.nio.ByteBuffer;

/**
 * Answers the common requests of one API straight from the bytes of their frame, without a {@link Request} and without
 * an allocation. Whatever is not common is left to the API's {@link RequestHandler}, which must give the same answers.
 * One instance an event loop, used on that loop only.
 */
public interface InPlaceHandler {
    /** Nothing has been done: the request goes the ordinary way. */
    int LEFT = -1;

    /** Part has been done: the caller makes a {@link Request} of the same frame and gives it to {@link #finish} at once. */
    int BEGUN = -2;

    /** Where answers go. */
    @FunctionalInterface
    interface Output {
        /** Memory for an answer of at most so many bytes, without its size in front; for the next answer only. */
        ByteBuffer room(int bytes);
    }

    /**
     * Handles one request.
     *
     * @param frame the request from its header on, position to limit, big endian; both may be moved, and header fields of batches changed
     * @param output asked for memory once, and only when the request is answered here
     * @return bytes of the answer, 0 where the client wants none, {@link #LEFT} or {@link #BEGUN}
     */
    int handle(ByteBuffer frame, Output output);

    /** When the request handled last had passed its checks and went to the log, {@link System#nanoTime()}. */
    long checkedNs();

    /** Its correlation id. */
    int correlationId();

    /** Goes on with the request of which {@link #handle} has just said {@link #BEGUN}. */
    void finish(Request request);
}
