package io.millrace.benchmarks;

import io.millrace.index.OffsetIndex;
import io.millrace.index.TimeIndex;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.storage.internals.log.OffsetPosition;
import org.apache.kafka.storage.internals.log.TimestampOffset;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a floor look-up cost, near the tail, where consumers are, and anywhere; and what does it allocate? Beside
 * Apache Kafka's indexes over the same bytes.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class IndexLookupBenchmark {
    /** The entries of a full segment of 1 GiB at the default interval of 4 KiB. */
    private static final int ENTRIES = 262_144;

    private static final int TARGETS = 1 << 14;
    private static final int TAIL_ENTRIES = 500;

    /** Where targets lie: in the last {@value #TAIL_ENTRIES} entries, or anywhere. */
    @Param({"tail", "anywhere"})
    public String where = "";

    /** How offsets grow from entry to entry: by the same number, or by 1 to 200, with a jump now and then. */
    @Param({"even", "uneven"})
    public String spacing = "";

    private final long[] offsets = new long[TARGETS];
    private final long[] timestamps = new long[TARGETS];
    private int next;

    private ScratchDirectory directory;
    private OffsetIndex offsetIndex;
    private TimeIndex timeIndex;
    private org.apache.kafka.storage.internals.log.OffsetIndex kafkaOffsetIndex;
    private org.apache.kafka.storage.internals.log.TimeIndex kafkaTimeIndex;

    /** Writes the same entries into all four indexes. */
    @Setup
    public void fill() throws IOException {
        directory = ScratchDirectory.create();
        int offsetBytes = ENTRIES * OffsetIndex.ENTRY_SIZE;
        int timeBytes = (ENTRIES + 1) * TimeIndex.ENTRY_SIZE;
        offsetIndex = OffsetIndex.open(directory.resolve("ours.index"), 0, offsetBytes, true, FileFaults.NONE);
        timeIndex = TimeIndex.open(directory.resolve("ours.timeindex"), 0, timeBytes, true, FileFaults.NONE);
        kafkaOffsetIndex = new org.apache.kafka.storage.internals.log.OffsetIndex(
                directory.resolve("kafka.index").toFile(), 0, offsetBytes);
        kafkaTimeIndex = new org.apache.kafka.storage.internals.log.TimeIndex(
                directory.resolve("kafka.timeindex").toFile(), 0, timeBytes);
        Random random = new Random(42);
        long offset = 0;
        long timestamp = 1_700_000_000_000L;
        for (int i = 0; i < ENTRIES; i++) {
            offset += step(spacing, random);
            timestamp += step(spacing, random);
            offsetIndex.append(offset, i * 4096);
            kafkaOffsetIndex.append(offset, i * 4096);
            timeIndex.maybeAppend(timestamp, offset, false);
            kafkaTimeIndex.maybeAppend(timestamp, offset);
        }
        chooseTargets(random);
    }

    /** From one entry to the next. */
    static int step(String spacing, Random random) {
        if (spacing.equals("even")) {
            return 40;
        }
        return random.nextInt(1000) == 0 ? 5_000 : 1 + random.nextInt(200);
    }

    private void chooseTargets(Random random) {
        int first = where.equals("tail") ? ENTRIES - TAIL_ENTRIES : 0;
        for (int i = 0; i < TARGETS; i++) {
            int slot = first + random.nextInt(ENTRIES - first);
            offsets[i] = (long) OffsetIndex.relativeOffset(offsetIndex.entry(slot)) + random.nextInt(3);
            timestamps[i] = timeIndex.timestampAt(slot) + random.nextInt(3);
        }
    }

    /** Removes the files. */
    @TearDown
    public void remove() throws IOException {
        offsetIndex.close();
        timeIndex.close();
        kafkaOffsetIndex.close();
        kafkaTimeIndex.close();
        directory.close();
    }

    /** Ours, offset to position. */
    @Benchmark
    public int offsetToPosition() {
        return offsetIndex.floorPosition(offsets[nextTarget()]);
    }

    /** Kafka's, offset to position. */
    @Benchmark
    public OffsetPosition kafkaOffsetToPosition() {
        return kafkaOffsetIndex.lookup(offsets[nextTarget()]);
    }

    /** Ours, timestamp to offset. */
    @Benchmark
    public long timestampToOffset() {
        return timeIndex.floorOffset(timestamps[nextTarget()]);
    }

    /** Kafka's, timestamp to offset. */
    @Benchmark
    public TimestampOffset kafkaTimestampToOffset() {
        return kafkaTimeIndex.lookup(timestamps[nextTarget()]);
    }

    private int nextTarget() {
        int target = next;
        next = (target + 1) & (TARGETS - 1);
        return target;
    }
}
