package io.millrace.broker.request;

import io.millrace.broker.stat.Stage;
import java.nio.ByteBuffer;
import java.util.concurrent.ScheduledExecutorService;

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

    /** The request is answered later, as {@link Output#park} was told. */
    int PARKED = -3;

    /** Where answers go. */
    interface Output {
        /** In place of a length: the connection is to be closed. */
        int FAILED = -1;

        /** Memory for an answer of at most so many bytes, without its size in front; for the next answer only. */
        ByteBuffer room(int bytes);

        /** Keeps the place of the request at hand in the order of answers, until {@link #unpark}; one at a time. */
        void park(Parked request);

        /**
         * Answers the parked request.
         *
         * @param bytes of the answer, put where {@link #room} said, or {@link #FAILED}
         * @param startedNs when its answering began, {@link System#nanoTime()}
         */
        void unpark(int bytes, int correlationId, long startedNs);

        /** The event loop, on which all of this is called. */
        ScheduledExecutorService loop();
    }

    /** A request that waits. */
    @FunctionalInterface
    interface Parked {
        /** The client has gone: nothing is to be answered. */
        void disconnected();
    }

    /**
     * Handles one request.
     *
     * @param frame the request from its header on, position to limit, big endian; both may be moved, and header fields of batches changed
     * @param output asked for memory once, and only when the request is answered here
     * @return bytes of the answer, 0 where the client wants none, {@link #LEFT}, {@link #BEGUN} or {@link #PARKED}
     */
    int handle(ByteBuffer frame, Output output);

    /** When the request handled last had passed its checks and went to the log, {@link System#nanoTime()}. */
    long checkedNs();

    /** What it is counted as: PRODUCE or FETCH. */
    Stage stage();

    /** Its correlation id. */
    int correlationId();

    /** Goes on with the request of which {@link #handle} has just said {@link #BEGUN}. */
    void finish(Request request);
}
