package io.millrace.broker.replica;

import java.io.IOException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.jspecify.annotations.Nullable;

/** The way to one broker that leads: one request at a time. Used by its fetcher's thread, but for {@link #wakeup} and {@link #stop}. */
interface LeaderLink extends AutoCloseable {
    /**
     * Sends a request, connecting first where there is no connection, and waits for the answer.
     *
     * @param giveUp looked at after each {@link #wakeup}; true gives up an answer that has not begun to arrive
     * @return valid until the next call: its records lie in a buffer that is used again; null where it was given up, with the connection
     * @throws IOException where no answer came, or one that cannot be read; the connection is closed
     */
    <T extends AbstractRequest> @Nullable AbstractResponse call(
            AbstractRequest.Builder<T> request, BooleanSupplier giveUp) throws IOException;

    /** Makes a call look at its {@code giveUp}. Any thread. */
    void wakeup();

    /** No call returns an answer any more; one at work fails. Any thread. */
    void stop();

    @Override
    void close();
}
