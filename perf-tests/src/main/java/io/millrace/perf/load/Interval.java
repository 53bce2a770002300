package io.millrace.perf.load;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * About one second of a lane.
 *
 * @param startSeconds since the measurement began
 * @param lengthSeconds how long it was in truth
 * @param counts what was done in it
 * @param longestStallNs time without an answer that was owed
 * @param encoded latencies of the answers that came in it, ns, compressed: hours of seconds are kept in memory
 */
public record Interval(
        double startSeconds, double lengthSeconds, Counts counts, long longestStallNs, ByteBuffer encoded) {
    /** A second with its latencies, which are copied. */
    public static Interval of(
            double startSeconds, double lengthSeconds, Counts counts, long longestStallNs, Histogram latencies) {
        ByteBuffer buffer = ByteBuffer.allocate(latencies.getNeededByteBufferCapacity());
        int length = latencies.encodeIntoCompressedByteBuffer(buffer);
        ByteBuffer encoded = ByteBuffer.allocate(length).put(buffer.flip()).flip();
        return new Interval(startSeconds, lengthSeconds, counts, longestStallNs, encoded.asReadOnlyBuffer());
    }

    /** The latencies, decoded. */
    public Histogram latencies() {
        try {
            byte[] bytes = new byte[encoded.remaining()];
            encoded.duplicate().get(bytes);
            return Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(bytes), 0);
        } catch (DataFormatException e) {
            throw new IllegalStateException("an encoded histogram of this process", e);
        }
    }

    /** Requests answered, records in them, bytes of keys and values. */
    public record Counts(long requests, long records, long bytes) {
        /** Both together. */
        public Counts plus(Counts other) {
            return new Counts(requests + other.requests, records + other.records, bytes + other.bytes);
        }
    }
}
