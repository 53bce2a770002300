package io.millrace.broker.net;

import io.millrace.broker.request.InPlaceHandler;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.ReferenceCounted;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The responses of one connection: they leave in the order in which their requests came, whatever order they are ready
 * in, and are flushed once per turn of the loop. Owned by the connection, event loop only.
 *
 * <p>Answers in place are written one behind the other into one buffer, which becomes one write; the channel's own count of
 * bytes that wait bounds them.
 *
 * <p>Invariant: {@code outstandingBytes} is the length of all other responses that are encoded and not yet taken by the
 * socket.
 */
final class ResponseQueue implements InPlaceHandler.Output {
    private static final int IN_PLACE_BYTES = 4096;

    private final Channel channel;
    private final Runnable onRoom;
    private final Queue<PendingExchange> inOrder = new ArrayDeque<>();

    private long outstandingBytes;
    private boolean flushDue;
    private boolean flushScheduled;

    /** What is written before {@link #flush()} needs no flush of its own. */
    private boolean reading;

    /** Answers that were written in place and not handed to the channel; they are behind whatever it has. */
    private @Nullable ByteBuf inPlace;

    private final Runnable scheduledFlush = this::scheduledFlush;

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
        return inOrder.size() < limits.inFlightMax()
                && outstandingBytes < limits.outstandingBytesMax()
                && channel.isWritable();
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
        scheduleFlush();
    }

    // Answers in place: nothing waits in the order

    @Override
    public ByteBuffer room(int bytes) {
        assert inOrder.isEmpty() : inOrder.size();
        int needed = Integer.BYTES + bytes;
        ByteBuf out = inPlace;
        if (out == null || out.writableBytes() < needed) {
            handOver();
            out = channel.alloc().directBuffer(Math.max(IN_PLACE_BYTES, needed));
            inPlace = out;
        }
        return out.internalNioBuffer(out.writerIndex() + Integer.BYTES, bytes);
    }

    /** So many bytes of an answer were put where {@link #room} said. */
    void wroteInPlace(int bytes) {
        ByteBuf out = Objects.requireNonNull(inPlace);
        out.writeInt(bytes);
        out.writerIndex(out.writerIndex() + bytes);
        flushDue = true;
    }

    private void handOver() {
        ByteBuf out = inPlace;
        if (out != null) {
            inPlace = null;
            var unused = channel.write(out, channel.voidPromise());
        }
    }

    // Flushing

    /** The channel reads, and {@link #flush()} comes at the end of it. */
    void beginReading() {
        reading = true;
    }

    /** Flushes what this turn has written. */
    void flush() {
        reading = false;
        if (flushDue) {
            flushDue = false;
            handOver();
            channel.flush();
        }
    }

    /** Sees to it that what was written leaves at the end of this turn. */
    void scheduleFlush() {
        if (flushDue && !flushScheduled && !reading) {
            flushScheduled = true;
            channel.eventLoop().execute(scheduledFlush);
        }
    }

    /** Gives back what will not be sent and tells those who still wait. */
    void disconnected() {
        ByteBuf unsent = inPlace;
        inPlace = null;
        if (unsent != null) {
            unsent.release();
        }
        for (PendingExchange pending = inOrder.poll(); pending != null; pending = inOrder.poll()) {
            pending.disconnected();
        }
    }

    private void scheduledFlush() {
        flushScheduled = false;
        flush();
    }

    private void write(EncodedResponse response) {
        handOver();
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
