package io.millrace.perf.load.lean;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.Probe;
import io.millrace.perf.load.ReadFrom;
import io.millrace.perf.load.Topic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * Reads all partitions that one node leads, on one socket with one fetch under way. Owned by its thread, but for {@link #close}.
 *
 * <p>Of records from the tail it looks at every one for its {@link Stamp}; of old ones at the headers of the batches only.
 */
final class LeanReader implements AutoCloseable {
    private static final int LENGTH_AT = 8;
    private static final int BATCH_OVERHEAD = 12;
    private static final int LAST_OFFSET_DELTA_AT = 23;
    private static final int COUNT_AT = 57;
    private static final int ATTRIBUTES_AT = 21;
    private static final int CODEC_MASK = 7;

    private final SocketChannel channel;
    private final FetchFrame frame;
    private final int[] partitions;
    private final long[] offsets;
    private final ReadFrom from;
    private final Probe probe;
    private final ByteBuffer length = ByteBuffer.allocateDirect(Integer.BYTES);
    private ByteBuffer answer = ByteBuffer.allocateDirect(2 << 20);
    private long bytesTaken;
    private int recordsTaken;

    private LeanReader(SocketChannel channel, FetchFrame frame, int[] partitions, ReadFrom from, Probe probe) {
        this.channel = channel;
        this.frame = frame;
        this.partitions = partitions;
        this.offsets = new long[partitions.length];
        this.from = from;
        this.probe = probe;
    }

    /** Connects to a node; a reader of the tail stands at the ends of its partitions when this returns. */
    static LeanReader open(Topic topic, InetSocketAddress node, ReadFrom from, Probe probe) throws LoadFailure {
        SocketChannel channel = Handshake.connect(node);
        short version = Handshake.version(channel, ApiKeys.FETCH, FetchFrame.VERSION_LEAST, FetchFrame.VERSION_MOST);
        int[] partitions = topic.ledBy(node);
        LeanReader reader =
                new LeanReader(channel, FetchFrame.encode(topic, partitions, version), partitions, from, probe);
        if (from == ReadFrom.TAIL) {
            long[] ends = Offsets.ends(channel, topic, partitions);
            System.arraycopy(ends, 0, reader.offsets, 0, ends.length);
        }
        return reader;
    }

    /** One fetch and its answer. */
    void fetch() throws IOException, LoadFailure {
        ByteBuffer request = frame.at(offsets);
        while (request.hasRemaining()) {
            channel.write(request);
        }
        length.clear();
        Handshake.readFully(channel, length);
        int bytes = length.getInt(0);
        if (answer.capacity() < bytes) {
            answer = ByteBuffer.allocateDirect(Integer.highestOneBit(bytes) << 1);
        }
        answer.clear().limit(bytes);
        Handshake.readFully(channel, answer);
        bytesTaken = 0;
        recordsTaken = 0;
        FetchAnswer.visit(answer.flip(), frame.correlationId(), this::take);
        if (from == ReadFrom.START && recordsTaken > 0) {
            probe.counted(recordsTaken, bytesTaken);
        }
    }

    private void take(int partition, long highWatermark, ByteBuffer records) {
        int at = Arrays.binarySearch(partitions, partition);
        long nowNs = System.nanoTime();
        bytesTaken += records.remaining();
        while (records.remaining() >= BATCH_OVERHEAD) {
            int start = records.position();
            int end = start + BATCH_OVERHEAD + records.getInt(start + LENGTH_AT);
            if (end > records.limit()) {
                break; // cut by the bound of the fetch
            }
            offsets[at] = records.getLong(start) + records.getInt(start + LAST_OFFSET_DELTA_AT) + 1;
            recordsTaken += records.getInt(start + COUNT_AT);
            if (from == ReadFrom.TAIL) {
                takeStamps(records, start, nowNs);
            }
            records.position(end);
        }
        if (from == ReadFrom.START && offsets[at] >= highWatermark) {
            offsets[at] = 0;
        }
    }

    private void takeStamps(ByteBuffer records, int start, long nowNs) {
        if ((records.getShort(start + ATTRIBUTES_AT) & CODEC_MASK) != 0) {
            return;
        }
        records.position(start + Stamp.RECORDS_AT);
        for (int left = records.getInt(start + COUNT_AT); left > 0; left--) {
            int bytes = ByteUtils.readVarint(records);
            int end = records.position() + bytes;
            int value = Stamp.toValue(records);
            if (end - value >= Stamp.LENGTH && records.getLong(value) == Stamp.MARK) {
                probe.answered(records.getLong(value + Long.BYTES), nowNs, 1, end - value);
            }
            records.position(end);
        }
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
