package io.millrace.benchmarks;

import io.millrace.log.LogSlice;
import io.millrace.log.PartitionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to find a slice of 64 KiB at a random offset, ready to be handed to the socket, and what does it
 * allocate? Beside Apache Kafka's log with the same batches.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ReadBenchmark {
    private static final int BATCHES = 200_000;
    private static final int SLICE_BYTES = 64 * 1024;
    private static final int OFFSETS = 1 << 14;

    private final long[] offsets = new long[OFFSETS];
    private final LogSlice reused = new LogSlice();
    private final ByteBuffer copy = ByteBuffer.allocateDirect(2 * SLICE_BYTES);
    private ScratchDirectory directory;
    private MillraceTarget ours;
    private KafkaTarget kafka;
    private PartitionLog log;
    private UnifiedLog unifiedLog;
    private int next;

    /** Fills both logs with the same batches of 1 KiB. */
    @Setup
    public void fill() throws IOException {
        directory = ScratchDirectory.create();
        ours = new MillraceTarget(directory.path(), Batches.of("1x1024"), false);
        kafka = new KafkaTarget(directory.path(), Batches.of("1x1024"), false);
        log = ours.log();
        unifiedLog = kafka.log();
        for (int i = 0; i < BATCHES; i++) {
            ours.append();
            kafka.append();
        }
        Random random = new Random(42);
        for (int i = 0; i < OFFSETS; i++) {
            offsets[i] = random.nextInt(BATCHES);
        }
    }

    /** Removes them. */
    @TearDown
    public void remove() throws IOException {
        ours.close();
        kafka.close();
        directory.close();
    }

    /** Our slice, one that is used again and again; closed again. */
    @Benchmark
    public int slice() {
        log.readInto(reused, offsets[nextOffset()], SLICE_BYTES, Long.MAX_VALUE, true);
        int length = reused.length();
        reused.close();
        return length;
    }

    /** Our slice, a new one each time; closed again. */
    @Benchmark
    public int newSlice() {
        try (LogSlice slice = log.read(offsets[nextOffset()], SLICE_BYTES, Long.MAX_VALUE, true)) {
            return lengthOf(slice);
        }
    }

    /** Our slice, copied into a buffer. */
    @Benchmark
    public int sliceAndCopy() {
        try (LogSlice slice = log.read(offsets[nextOffset()], SLICE_BYTES, Long.MAX_VALUE, true)) {
            copy.clear();
            if (slice != null) {
                slice.copyTo(copy);
            }
            return copy.position();
        }
    }

    /** Kafka's slice. */
    @Benchmark
    public int kafkaSlice() throws IOException {
        return unifiedLog
                .read(offsets[nextOffset()], SLICE_BYTES, FetchIsolation.LOG_END, true)
                .records
                .sizeInBytes();
    }

    private static int lengthOf(@Nullable LogSlice slice) {
        return slice == null ? 0 : slice.length();
    }

    private int nextOffset() {
        next = (next + 1) & (OFFSETS - 1);
        return next;
    }
}
