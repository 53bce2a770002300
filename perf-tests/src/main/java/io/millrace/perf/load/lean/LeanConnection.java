package io.millrace.perf.load.lean;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Probe;
import io.millrace.perf.load.Topic;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * One socket that produces. The sending side and the answering side may be two threads: each has its own buffer, and what crosses is
 * the count of requests sent and answered and the ring of times at which they were due.
 */
final class LeanConnection implements AutoCloseable {
    /** Copies of the request that leave in one write, as far as they fit here. */
    private static final int OUT_BYTES = 256 << 10;

    private static final int IN_BYTES = 64 << 10;

    private final SocketChannel channel;
    private final ProduceFrame frame;
    private final int window;
    private final int[] partitions;
    private final LoadSpec.Shape shape;
    private final int[] stampedValues;
    private final Stamp stamp = new Stamp();

    // Sending side.
    private final ByteBuffer out;
    private final int outFrames;
    private int nextPartition;
    private boolean unsent;

    // Both: due times of the requests in flight, by the number of the request.
    private final long[] dueNs;
    private final int dueMask;
    private volatile long sent;
    private volatile long answered;

    // Answering side.
    private final ByteBuffer in = ByteBuffer.allocateDirect(IN_BYTES);

    private LeanConnection(
            SocketChannel channel, ProduceFrame frame, LoadSpec spec, int[] partitions, boolean stamped) {
        this.channel = channel;
        this.frame = frame;
        this.shape = spec.shape();
        this.window = spec.width().inFlight();
        this.partitions = partitions;
        this.outFrames = Math.max(1, Math.min(window, OUT_BYTES / frame.length()));
        this.out = ByteBuffer.allocateDirect(outFrames * frame.length());
        for (int i = 0; i < outFrames; i++) {
            frame.copyTo(out);
        }
        int ring = Integer.highestOneBit(Math.max(1, window - 1)) << 1;
        this.dueNs = new long[ring];
        this.dueMask = ring - 1;
        out.clear();
        this.stampedValues = stamped
                ? Stamp.valuesOf(out.duplicate()
                        .position(frame.batchAt())
                        .limit(frame.batchAt() + frame.batchLength())
                        .slice())
                : new int[0];
    }

    /** Connects to a node that leads some partitions of the topic, the {@code turn}-th connection to do so. */
    static LeanConnection open(LoadSpec spec, Topic topic, int turn, boolean stamped) throws LoadFailure {
        InetSocketAddress node = topic.nodes().get(turn % topic.nodes().size());
        SocketChannel channel = Handshake.connect(node);
        short version =
                Handshake.version(channel, ApiKeys.PRODUCE, ProduceFrame.VERSION_LEAST, ProduceFrame.VERSION_TOPIC_ID);
        ProduceFrame frame = ProduceFrame.encode(spec.shape(), spec.acks(), topic, version);
        LeanConnection connection = new LeanConnection(channel, frame, spec, topic.ledBy(node), stamped);
        connection.nextPartition = turn % connection.partitions.length;
        try {
            channel.configureBlocking(false);
        } catch (IOException e) {
            throw new LoadFailure("cannot use the connection: " + LoadFailure.lineOf(e), e);
        }
        return connection;
    }

    SocketChannel channel() {
        return channel;
    }

    /** Requests that may be sent before an answer must come. Sending side. */
    int room() {
        return window - (int) (sent - answered);
    }

    /** Whether bytes of requests still wait for room in the socket. Sending side. */
    boolean unsent() {
        return unsent;
    }

    /**
     * Makes requests ready, all due at the same time; {@link #write} sends them. Only when nothing is unsent.
     *
     * @return how many
     */
    int prepare(int wanted, long due) {
        int count = Math.min(wanted, outFrames);
        long first = sent;
        out.clear();
        for (int i = 0; i < count; i++) {
            int at = i * frame.length();
            out.putInt(at + ProduceFrame.CORRELATION_AT, (int) (first + i));
            out.putInt(at + frame.partitionAt(), partitions[nextPartition]);
            nextPartition = nextPartition + 1 == partitions.length ? 0 : nextPartition + 1;
            if (stampedValues.length > 0) {
                stamp.write(out, at + frame.batchAt(), frame.batchLength(), stampedValues, due);
            }
            dueNs[(int) (first + i) & dueMask] = due;
        }
        out.limit(count * frame.length()).position(0);
        unsent = true;
        sent = first + count;
        return count;
    }

    /** Sends what the socket takes; true once nothing is left. Sending side. */
    boolean write() throws IOException {
        channel.write(out);
        unsent = out.hasRemaining();
        return !unsent;
    }

    /** Takes all answers that have come. Answering side. */
    void read(Probe probe) throws IOException, LoadFailure {
        int count = channel.read(in);
        if (count < 0) {
            throw new EOFException("the broker closed the connection");
        }
        long nowNs = System.nanoTime();
        in.flip();
        while (in.remaining() >= Integer.BYTES && in.remaining() >= Integer.BYTES + in.getInt(in.position())) {
            int at = in.position() + Integer.BYTES;
            answer(at, nowNs, probe);
            in.position(at + in.getInt(in.position()));
        }
        in.compact();
    }

    private void answer(int at, long nowNs, Probe probe) throws LoadFailure {
        long number = answered;
        if (in.getInt(at) != (int) number) {
            throw new LoadFailure(
                    "the broker answered request " + in.getInt(at) + " where " + (int) number + " was due");
        }
        short error = in.getShort(at + frame.errorAt());
        if (error != 0) {
            throw new LoadFailure("the broker refused a batch: " + Errors.forCode(error) + ", "
                    + Errors.forCode(error).message());
        }
        probe.answered(dueNs[(int) number & dueMask], nowNs, shape.batchRecords(), shape.payloadBytes());
        answered = number + 1;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // Closing a socket that failed says nothing new.
            assert e != null;
        }
    }
}
