package io.millrace.broker.request;

import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;

/**
 * The network's side of one request: where its answer goes and who holds its memory. {@link Request} makes sure that
 * {@link #complete} and {@link #abort} are called once in all. Any thread.
 */
public interface Exchange {

    Connection connection();

    /** Sends {@code response}, or nothing where the request wants no answer, and gives the request's memory back. */
    void complete(@Nullable ApiMessage response);

    /** Bytes of the frame. */
    int requestBytes();

    /** Closes the connection with one log line. */
    void abort(String why);

    /** Gives the request's buffer back before the answer; its record slices must not be read any more. */
    void releaseBuffer();

    /** No later request of the connection is handled before this one is complete. Event loop only. */
    void holdFollowing();

    /** Runs {@code action} on the event loop if the connection goes away before this request is complete. */
    void onDisconnect(Runnable action);
}
