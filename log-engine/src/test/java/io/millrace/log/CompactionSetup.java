package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.compact.CleanerSettings;
import io.millrace.log.compact.CleaningReport;
import io.millrace.log.compact.RecordCodec;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A compacted log in a directory of its own, and a cleaner that is run by hand. */
abstract class CompactionSetup {
    static final PartitionName NAME = new PartitionName("compacted", 0);
    static final long RETENTION_MS = 60_000;
    static final CleanerSettings SETTINGS = new CleanerSettings(false, 1, 1 << 20, 0.9, 64 << 10, Double.MAX_VALUE, 1);

    @TempDir
    Path temp;

    final TestClock clock = new TestClock(TIME);
    final AppendResult result = new AppendResult();
    final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
    final AtomicReference<CleaningReport> lastReport = new AtomicReference<>();
    LogConfig config = LogConfig.builder()
            .segmentBytes(1 << 20)
            .indexIntervalBytes(0)
            .deletePolicy(false)
            .compactPolicy(true)
            .deleteRetentionMs(RETENTION_MS)
            .minCleanableDirtyRatio(0)
            .fileDeleteDelayMs(0)
            .build();
    LogRuntime runtime;
    LogDirectory directory;
    PartitionLog log;

    @BeforeEach
    void start() {
        LogListener listener = new LogListener() {
            @Override
            public void cleaned(Path directory, CleaningReport report) {
                lastReport.set(report);
            }

            @Override
            public void notCleanable(Path directory, String reason) {
                events.add(reason);
            }
        };
        runtime = LogRuntime.start(clock, listener, FileFaults.NONE);
        open();
    }

    void open() {
        directory = LogDirectory.open(temp.resolve("data"), runtime, topic -> config, 1, LogListener.NONE);
        log = directory.create(NAME.topic(), NAME.partition(), 1, 2, config);
    }

    @AfterEach
    void stop() {
        directory.close();
        runtime.close();
    }

    void reconfigure(LogConfig next) {
        config = next;
        log.reconfigure(next);
    }

    void append(ByteBuffer batch) {
        assertEquals(AppendStatus.APPENDED, log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result), result::message);
        log.advanceHighWatermark(log.logEndOffset());
    }

    /** Pairs of key and value. */
    void put(@Nullable String... pairs) {
        append(batch(new RecordBatchBuilder(), pairs));
    }

    ByteBuffer batch(RecordBatchBuilder builder, @Nullable String... pairs) {
        for (int i = 0; i < pairs.length; i += 2) {
            builder.add(clock.millis(), bytes(pairs[i]), bytes(pairs[i + 1]));
        }
        return builder.build();
    }

    static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    void roll() {
        int before = log.segmentCount();
        log.rollIfDue(Long.MAX_VALUE / 2);
        assertEquals(before + 1, log.segmentCount());
    }

    void mark(long producerId, boolean commit) {
        ByteBuffer marker = RecordBatchBuilder.endTransaction(producerId, (short) 0, 0, commit, clock.millis());
        assertEquals(
                AppendStatus.APPENDED,
                log.appendAsLeader(marker, 0, AppendOrigin.COORDINATOR, result),
                result::message);
        log.advanceHighWatermark(log.logEndOffset());
    }

    int clean() {
        return clean(SETTINGS, new TestCodec());
    }

    int clean(CleanerSettings settings, @Nullable RecordCodec codec) {
        try (LogCleaner cleaner = LogCleaner.start(settings, codec, runtime, List.of(directory))) {
            return cleaner.cleanAll();
        }
    }

    List<String> records() {
        return TestBatches.readAll(log, log.logStartOffset(), Long.MAX_VALUE);
    }

    List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(log.directory())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Without the markers. */
    List<String> values() {
        List<String> found = new ArrayList<>(records());
        found.removeIf(record -> record.endsWith("\0\0\0\0\0\0"));
        return found;
    }

    void twoSegmentsToClean() {
        put("a", "1");
        put("b", "1");
        roll();
        put("a", "2");
        roll();
        put("x", "x");
    }
}
