package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.checkpoint.SyncedOffsetFile;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log against a list of batches, under random operations, clean stops, and stops that tear the tail. */
class PartitionLogFuzzTest {
    private static final int STEPS = 500;

    /** The naive twin. */
    private static final class Model {
        private record Batch(long base, int sizeInBytes, List<String> records) {
            long end() {
                return base + records.size();
            }
        }

        private final List<Batch> batches = new ArrayList<>();
        private long start;
        private long end;

        void append(int sizeInBytes, List<String> values) {
            List<String> records = new ArrayList<>();
            for (String value : values) {
                records.add(end + records.size() + "=" + value);
            }
            batches.add(new Batch(end, sizeInBytes, records));
            end += values.size();
        }

        void truncateTo(long offset) {
            while (!batches.isEmpty() && batches.get(batches.size() - 1).end() > offset) {
                end = batches.remove(batches.size() - 1).base();
            }
        }

        List<String> records(long from, long bound) {
            List<String> found = new ArrayList<>();
            for (Batch batch : batches) {
                if (batch.end() <= bound) {
                    batch.records().stream()
                            .filter(record -> TestBatches.offset(record) >= from)
                            .forEach(found::add);
                }
            }
            return found;
        }
    }

    @TempDir
    private Path temp;

    private final AppendResult result = new AppendResult();
    private final Model model = new Model();
    private LogConfig config;
    private PartitionLog log;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void behavesAsTheModel(long seed) throws IOException {
        Random random = new Random(seed);
        config = LogConfig.builder()
                .segmentBytes(2000 + random.nextInt(200_000))
                .indexIntervalBytes(random.nextInt(3) * 1000)
                .indexBytesMax(120 + random.nextInt(4000))
                .fileDeleteDelayMs(0)
                .build();
        try (LogRuntime runtime = LogRuntime.start(new TestClock(TIME), LogListener.NONE, FileFaults.NONE)) {
            log = open(runtime, OpenState.UNKNOWN);
            for (int step = 0; step < STEPS; step++) {
                step(random, runtime);
                assertEquals(model.end, log.logEndOffset(), "seed " + seed + " step " + step);
                assertEquals(model.start, log.logStartOffset(), "seed " + seed + " step " + step);
            }
            assertEquals(model.records(model.start, model.end), all(), "seed " + seed);
            log.close();
        }
    }

    private PartitionLog open(LogRuntime runtime, OpenState state) {
        return PartitionLog.open(temp.resolve("fuzz-0"), config, runtime, state);
    }

    private List<String> all() {
        return TestBatches.readAll(log, log.logStartOffset(), Long.MAX_VALUE);
    }

    private void step(Random random, LogRuntime runtime) throws IOException {
        int dice = random.nextInt(1000);
        if (dice < 700) {
            append(random);
        } else if (dice < 950) {
            read(random);
        } else if (dice < 965) {
            truncate(random);
        } else if (dice < 975) {
            advanceStart(random);
        } else if (dice < 985) {
            log.close();
            log = open(runtime, new OpenState(true, 0, model.start));
        } else if (dice < 990) {
            log.flush();
            assertEquals(model.end, log.flushedOffset());
        } else {
            crash(random, runtime);
        }
    }

    private void append(Random random) {
        for (int i = random.nextInt(20); i >= 0; i--) {
            List<String> values = new ArrayList<>();
            for (int j = random.nextInt(4); j >= 0; j--) {
                values.add("v" + random.nextInt(1000) + "x".repeat(random.nextInt(random.nextInt(10) == 0 ? 800 : 50)));
            }
            ByteBuffer batch = TestBatches.batch(TIME + random.nextInt(1000), values.toArray(String[]::new));
            int size = batch.remaining();
            AppendStatus status = log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result);
            if (size > config.segmentBytes()) {
                assertEquals(AppendStatus.TOO_LARGE, status);
            } else {
                assertEquals(AppendStatus.APPENDED, status, result::message);
                assertEquals(model.end, result.firstOffset());
                model.append(size, values);
            }
        }
    }

    private void read(Random random) {
        if (model.end == model.start) {
            return;
        }
        long from = model.start + random.nextInt((int) (model.end - model.start));
        long bound = from + random.nextInt((int) (model.end - from) + 1);
        try (LogSlice slice = log.read(from, 1 + random.nextInt(5000), bound, true)) {
            assertNotNull(slice);
            List<String> expected = model.records(from, bound);
            List<String> found = new ArrayList<>(TestBatches.records(slice.copy()));
            found.removeIf(record -> TestBatches.offset(record) < from);
            assertEquals(expected.subList(0, found.size()), found);
            assertEquals(expected.isEmpty(), found.isEmpty());
        }
    }

    private void truncate(Random random) {
        long offset = model.end - random.nextInt(100);
        if (offset > model.start) {
            log.truncateTo(offset);
            model.truncateTo(offset);
            model.start = Math.min(model.start, model.end);
        }
    }

    private void advanceStart(Random random) {
        long offset = Math.min(model.end, model.start + random.nextInt(200));
        log.advanceHighWatermark(model.end);
        if (log.advanceLogStartOffset(offset)) {
            model.start = offset;
        }
        log.applyRetention(TIME);
    }

    /** Everything after a random byte of the active segment is lost, or turned into something else. */
    private void crash(Random random, LogRuntime runtime) throws IOException {
        log.abandon();
        // The damage goes below what was synced as well: without the file that remembers it, that is a torn tail, too.
        Files.deleteIfExists(log.directory().resolve(SyncedOffsetFile.FILE_NAME));
        long[] bases = SegmentFiles.baseOffsets(log.directory());
        long base = bases[bases.length - 1];
        int batchesBytes = model.batches.stream()
                .filter(batch -> batch.base() >= base)
                .mapToInt(Model.Batch::sizeInBytes)
                .sum();
        int cut = random.nextInt(batchesBytes + 1);
        try (FileChannel file = FileChannel.open(
                SegmentFiles.path(log.directory(), base, SegmentFiles.LOG), StandardOpenOption.WRITE)) {
            if (random.nextBoolean()) {
                file.truncate(cut);
            } else if (cut < batchesBytes) {
                byte[] garbage = new byte[batchesBytes - cut];
                if (random.nextBoolean()) {
                    random.nextBytes(garbage);
                }
                garbage[0] = 13; // no batch of the test has this byte at its begin, nor a length that fits it
                file.write(ByteBuffer.wrap(garbage), cut);
            }
        }
        log = open(runtime, new OpenState(false, 0, model.start));
        long end = log.logEndOffset();
        int kept = model.batches.stream()
                .filter(batch -> batch.base() >= base && batch.end() <= end)
                .mapToInt(Model.Batch::sizeInBytes)
                .sum();
        assertTrue(kept <= batchesBytes && (end == model.end || kept <= cut), "kept " + kept + " cut " + cut);
        int nextSize = model.batches.stream()
                .filter(batch -> batch.base() == end)
                .mapToInt(Model.Batch::sizeInBytes)
                .sum();
        assertTrue(end == model.end || end == model.start || kept + nextSize > cut, "more than torn was cut");
        model.truncateTo(end);
        model.end = end;
        model.start = log.logStartOffset();
        assertEquals(model.records(model.start, model.end), all());
    }
}
