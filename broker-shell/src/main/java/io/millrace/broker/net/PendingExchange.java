package io.millrace.broker.net;

import io.millrace.broker.request.Connection;
import io.millrace.broker.request.Exchange;
import io.millrace.broker.stat.RequestTimes;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.RequestHeader;
import org.jspecify.annotations.Nullable;

/**
 * One request on its connection: its place in the order of responses, and its frame. Any thread may call; what touches
 * the connection moves to the event loop. Completed once, which {@link io.millrace.broker.request.Request} sees to.
 */
final class PendingExchange implements Exchange {
    private final ClientConnection connection;
    private final RequestHeader header;
    private final Frame frame;
    private final RequestTimes times;

    // Event loop only
    private boolean done;
    private boolean holdsFollowing;
    private @Nullable EncodedResponse response;
    private @Nullable Runnable disconnectAction;

    PendingExchange(ClientConnection connection, RequestHeader header, Frame frame, RequestTimes times) {
        this.connection = connection;
        this.header = header;
        this.frame = frame;
        this.times = times;
    }

    @Override
    public Connection connection() {
        return connection;
    }

    @Override
    public void complete(@Nullable ApiMessage message) {
        frame.release();
        connection.onLoop(() -> connection.completed(this, message), () -> OrphanedRecords.close(message));
    }

    @Override
    public int requestBytes() {
        return frame.length();
    }

    @Override
    public void abort(String why) {
        frame.release();
        connection.onLoop(() -> connection.aborted(this, why), () -> {});
    }

    @Override
    public void releaseBuffer() {
        frame.release();
    }

    @Override
    public void holdFollowing() {
        holdsFollowing = true;
        connection.hold();
    }

    @Override
    public void onDisconnect(Runnable action) {
        connection.onLoop(() -> disconnectAction(action), action);
    }

    private void disconnectAction(Runnable action) {
        if (connection.isOpen()) {
            disconnectAction = action;
        } else if (!done) {
            action.run();
        }
    }

    RequestHeader header() {
        return header;
    }

    RequestTimes times() {
        return times;
    }

    boolean isDone() {
        return done;
    }

    boolean holdsFollowing() {
        return holdsFollowing;
    }

    /** Marks the end; {@code encoded} is null where nothing is to be sent. */
    void done(@Nullable EncodedResponse encoded) {
        done = true;
        response = encoded;
        disconnectAction = null;
    }

    /** Hands over the response to write. */
    @Nullable
    EncodedResponse takeResponse() {
        EncodedResponse taken = response;
        response = null;
        return taken;
    }

    /** The connection is gone before the response was written. */
    void disconnected() {
        EncodedResponse unsent = takeResponse();
        if (unsent != null) {
            unsent.release();
        }
        Runnable action = disconnectAction;
        disconnectAction = null;
        if (action != null) {
            action.run();
        }
    }
}
