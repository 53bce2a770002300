package io.millrace.broker.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.ReferenceCounted;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/**
 * The responses of one connection: they leave in the order in which their requests came, whatever order they are ready
 * in, and are flushed once per turn of the loop. Owned by the connection, event loop only.
 *
 * <p>Invariant: {@code outstandingBytes} is the length of all responses that are encoded and not yet taken by the
 * socket.
 */
final class ResponseQueue {
    private final Channel channel;
    private final Runnable onRoom;
    private final Queue<PendingExchange> inOrder = new ArrayDeque<>();

    private long outstandingBytes;
    private boolean flushDue;
    private boolean flushScheduled;

    /** {@code onRoom} runs when the socket has taken a response. */
    ResponseQueue(Channel channel, Runnable onRoom) {
        this.channel = channel;
        this.onRoom = onRoom;
    }

    void expect(PendingExchange exchange) {
        inOrder.add(exchange);
    }

    boolean isEmpty() {
        return inOrder.isEmpty();
    }

    boolean hasRoom(NetworkLimits limits) {
        return inOrder.size() < limits.inFlightMax() && outstandingBytes < limits.outstandingBytesMax();
    }

    /** Writes what is ready at the head of the order. */
    void writeReady() {
        for (PendingExchange head = inOrder.peek(); head != null && head.isDone(); head = inOrder.peek()) {
            inOrder.remove();
            EncodedResponse response = head.takeResponse();
            if (response != null) {
                write(response);
            }
        }
        if (flushDue && !flushScheduled) {
            flushScheduled = true;
            channel.eventLoop().execute(this::scheduledFlush);
        }
    }

    /** Flushes what this turn has written. */
    void flush() {
        if (flushDue) {
            flushDue = false;
            channel.flush();
        }
    }

    /** Gives back what will not be sent and tells those who still wait. */
    void disconnected() {
        for (PendingExchange pending = inOrder.poll(); pending != null; pending = inOrder.poll()) {
            pending.disconnected();
        }
    }

    private void scheduledFlush() {
        flushScheduled = false;
        flush();
    }

    private void write(EncodedResponse response) {
        long length = response.length();
        outstandingBytes += length;
        flushDue = true;
        List<ReferenceCounted> parts = response.parts();
        int last = parts.size() - 1;
        for (int i = 0; i < last; i++) {
            var unused = channel.write(parts.get(i), channel.voidPromise());
        }
        var unused = channel.write(parts.get(last)).addListener((ChannelFuture written) -> written(length));
    }

    private void written(long length) {
        outstandingBytes -= length;
        onRoom.run();
    }
}
