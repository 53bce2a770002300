package io.millrace.broker.net;

import io.millrace.broker.request.InPlaceHandler;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.FileRegion;
import io.netty.util.ReferenceCounted;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The responses of one connection: they leave in the order in which their requests came, whatever order they are ready
 * in, and are flushed once per turn of the loop. Owned by the connection, event loop only.
 *
 * <p>Answers in place are written one behind the other into one buffer, which becomes one write; the channel's own count of
 * bytes that wait bounds them.
 *
 * <p>Of file regions one turn of the loop sends {@value #TURN_BYTES} bytes, however much the socket takes, so that a reader of much does
 * not keep the other connections of its loop waiting.
 *
 * <p>Invariant: {@code outstandingBytes} is the length of all other responses that are encoded and not yet taken by the
 * socket.
 */
final class ResponseQueue implements InPlaceHandler.Output {
    private static final int IN_PLACE_BYTES = 4096;

    /** 0.1 ms of sendfile on loopback; a turn of the loop costs 1 % of that. */
    private static final int TURN_BYTES = 256 * 1024;

    private final Channel channel;
    private final Runnable onRoom;
    private final Unparked onUnparked;
    private final Queue<PendingExchange> inOrder = new ArrayDeque<>();

    private long outstandingBytes;
    private boolean flushDue;
    private boolean flushScheduled;

    /** A response of which a part has been handed to the channel; the others wait behind it. */
    private @Nullable EncodedResponse sending;

    /** What is written before {@link #flush()} needs no flush of its own. */
    private boolean reading;

    /** A request in front of all in the order, whose handler answers it in place when it can. */
    private InPlaceHandler.@Nullable Parked parked;

    /** Answers that were written in place and not handed to the channel; they are behind whatever it has. */
    private @Nullable ByteBuf inPlace;

    private final Runnable scheduledFlush = this::scheduledFlush;
    private final Runnable nextTurn = this::nextTurn;

    /** Is told of a parked request that has been answered. */
    @FunctionalInterface
    interface Unparked {
        void accept(int correlationId, long startedNs);
    }

    /** {@code onRoom} runs when the socket has taken a response. */
    ResponseQueue(Channel channel, Runnable onRoom, Unparked onUnparked) {
        this.channel = channel;
        this.onUnparked = onUnparked;
        this.onRoom = onRoom;
    }

    void expect(PendingExchange exchange) {
        inOrder.add(exchange);
    }

    /** Whether every request has its answer, and the channel has all of them. */
    boolean isEmpty() {
        return inOrder.isEmpty() && sending == null && parked == null;
    }

    boolean hasRoom(NetworkLimits limits) {
        return inOrder.size() < limits.inFlightMax()
                && outstandingBytes < limits.outstandingBytesMax()
                && channel.isWritable();
    }

    /** Writes what is ready at the head of the order. */
    void writeReady() {
        for (PendingExchange head = inOrder.peek();
                head != null && head.isDone() && sending == null && parked == null;
                head = inOrder.peek()) {
            inOrder.remove();
            EncodedResponse response = head.takeResponse();
            if (response != null) {
                write(response);
            }
        }
        scheduleFlush();
    }

    // Answers in place: nothing waits in the order in front of them

    @Override
    public ByteBuffer room(int bytes) {
        assert sending == null && (inOrder.isEmpty() || parked != null) : inOrder.size();
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

    @Override
    public void park(InPlaceHandler.Parked request) {
        assert isEmpty() : inOrder.size();
        parked = request;
    }

    @Override
    public void unpark(int bytes, int correlationId, long startedNs) {
        parked = null;
        if (bytes == FAILED) {
            var unused = channel.close();
            return;
        }
        wroteInPlace(bytes);
        onUnparked.accept(correlationId, startedNs);
        writeReady();
        onRoom.run();
    }

    @Override
    public ScheduledExecutorService loop() {
        return channel.eventLoop();
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
        InPlaceHandler.Parked waiting = parked;
        parked = null;
        if (waiting != null) {
            waiting.disconnected();
        }
        EncodedResponse rest = sending;
        sending = null;
        if (rest != null) {
            rest.release();
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
        outstandingBytes += response.length();
        sendTurn(response);
    }

    /** Hands the channel what one turn may send of a response; the rest, if any, waits for {@link #nextTurn}. */
    private void sendTurn(EncodedResponse response) {
        flushDue = true;
        int left = TURN_BYTES;
        while (left > 0) {
            ReferenceCounted part = response.take(left);
            if (response.isTaken()) {
                sending = null;
                long length = response.length();
                var unused = channel.write(part).addListener((ChannelFuture written) -> written(length));
                return;
            }
            left -= part instanceof FileRegion region ? (int) region.count() : 0;
            if (left > 0) {
                var unused = channel.write(part, channel.voidPromise());
            } else {
                sending = response;
                var unused = channel.write(part).addListener((ChannelFuture written) -> yieldTurn());
            }
        }
    }

    /** The loop looks at its other connections before it comes to what was scheduled; tasks it runs by the dozen. */
    private void yieldTurn() {
        try {
            var unused = channel.eventLoop().schedule(nextTurn, 0, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException ended) {
            disconnected();
        }
    }

    private void nextTurn() {
        EncodedResponse response = sending;
        if (response != null) {
            sendTurn(response);
            if (sending == null) {
                writeReady();
            }
            flush();
        }
    }

    private void written(long length) {
        outstandingBytes -= length;
        onRoom.run();
    }
}
