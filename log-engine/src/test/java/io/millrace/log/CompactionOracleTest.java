package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.compact.CleanerSettings;
import io.millrace.log.compact.IoThrottle;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Apache Kafka's own cleaner on a copy of the same directory leaves the same: every batch with its producer's fields and delete horizon,
 * every record with offset, key, value, timestamp and headers, every aborted transaction. Round after round, each on what our last one
 * has left.
 */
class CompactionOracleTest {
    private static final int ROUNDS = 4;
    private static final long RETENTION_MS = 5_000;
    private static final int SEGMENT_BYTES = 4000;
    private static final int INDEX_BYTES = 1200;
    private static final PartitionName NAME = new PartitionName("oracle", 0);

    @TempDir
    private Path temp;

    /** Near the machine's time: Kafka forgets producers by that. */
    private final TestClock clock = new TestClock(System.currentTimeMillis());

    private final LogConfig config = LogConfig.builder()
            .segmentBytes(SEGMENT_BYTES)
            .indexIntervalBytes(200)
            .indexBytesMax(INDEX_BYTES)
            .deletePolicy(false)
            .compactPolicy(true)
            .deleteRetentionMs(RETENTION_MS)
            .minCleanableDirtyRatio(0)
            .fileDeleteDelayMs(0)
            .build();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void leavesWhatKafkasCleanerLeaves(long seed) throws Exception {
        Random random = new Random(seed);
        CompactionWorkload workload = new CompactionWorkload(random, 10 + random.nextInt(40), seed % 2 == 0);
        try (LogRuntime runtime = LogRuntime.start(clock, LogListener.NONE, FileFaults.NONE)) {
            for (int round = 0; round < ROUNDS; round++) {
                append(random, runtime, workload);
                round(runtime, seed + "/" + round);
                clock.millis(clock.millis() + random.nextInt(2 * (int) RETENTION_MS));
            }
        }
    }

    private LogDirectory open(LogRuntime runtime) {
        return LogDirectory.open(temp.resolve("ours"), runtime, topic -> config, 1, LogListener.NONE);
    }

    private void append(Random random, LogRuntime runtime, CompactionWorkload workload) {
        try (LogDirectory directory = open(runtime)) {
            PartitionLog log = directory.create(NAME.topic(), NAME.partition(), 1, 2, config);
            for (int i = 0; i < 100 + random.nextInt(200); i++) {
                workload.step(log, clock.millis());
            }
            log.advanceHighWatermark(log.logEndOffset());
        }
    }

    private void round(LogRuntime runtime, String where) throws Exception {
        Path copy = temp.resolve("kafka-" + where.replace('/', '-')).resolve(NAME.directoryName());
        copy(temp.resolve("ours").resolve(NAME.directoryName()), copy);
        try (LogDirectory directory = open(runtime)) {
            PartitionLog log = directory.log(NAME.topic(), NAME.partition());
            log.advanceHighWatermark(log.logEndOffset());
            CleanableRange range = log.compaction().range(directory.cleanedTo(NAME), clock.millis());
            assertNotNull(range);
            List<String> kafkas = cleanByKafka(copy, range, log);
            clean(runtime, directory, range);
            List<String> ours = describe(log.directory());
            log.abortedTransactions(0, log.logEndOffset())
                    .forEach(each -> ours.add(aborted(each.producerId(), each.firstOffset(), each.lastOffset())));
            assertNull(log.cleaning().problem());
            assertTrue(log.cleaning().cleanings() > 0 || range.dirtyBytes() == 0, where);
            assertEquals(String.join("\n", kafkas), String.join("\n", ours), where);
        }
    }

    private void clean(LogRuntime runtime, LogDirectory directory, CleanableRange range) {
        CleanerSettings settings = new CleanerSettings(false, 1, 1 << 20, 0.9, 10_000, Double.MAX_VALUE, 1);
        CleanerTools tools =
                new CleanerTools(settings, new IoThrottle(Double.MAX_VALUE, runtime.clock()::nanos), new TestCodec());
        if (!range.isDue(config)) {
            return;
        }
        PartitionLog log = directory.log(NAME.topic(), NAME.partition());
        assertTrue(log.compaction().claim());
        try {
            var report = log.compaction().clean(range, tools, () -> {});
            assertNotNull(report);
            directory.cleaned(log, report.endOffset(), range.cuts());
        } finally {
            log.compaction().release();
        }
    }

    private List<String> cleanByKafka(Path directory, CleanableRange range, PartitionLog ours) throws Exception {
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        UnifiedLog log = UnifiedLog.create(
                directory.toFile(),
                kafkaConfig(),
                0L,
                0L,
                scheduler,
                new BrokerTopicStats(),
                Time.SYSTEM,
                15 * 60 * 1000,
                new ProducerStateManagerConfig(24 * 60 * 60 * 1000, false),
                10 * 60 * 1000,
                new LogDirFailureChannel(1),
                true,
                Optional.of(new Uuid(1, 2)));
        try {
            log.updateHighWatermark(log.logEndOffset());
            assertEquals(ours.lastStableOffset(), log.lastStableOffset());
            LogToClean toClean = new LogToClean(
                    log,
                    range.firstDirtyOffset(),
                    Math.min(log.lastStableOffset(), log.activeSegment().baseOffset()),
                    false);
            assertEquals(range.boundOffset(), toClean.firstUncleanableOffset());
            assertEquals(range.dirtyBytes(), toClean.cleanableBytes());
            if (toClean.cleanableBytes() > 0) {
                cleaner().doClean(toClean, clock.millis());
            }
            log.flush(false);
            List<String> found = describe(directory);
            log.collectAbortedTransactions(0, log.logEndOffset())
                    .forEach(each -> found.add(aborted(each.producerId(), each.firstOffset(), each.lastOffset())));
            return found;
        } finally {
            log.close();
            scheduler.shutdown();
        }
    }

    private static Cleaner cleaner() throws Exception {
        Throttler unlimited = new Throttler(Double.MAX_VALUE, 300, "cleaner-io", "bytes", Time.SYSTEM);
        return new Cleaner(
                0, new SkimpyOffsetMap(1 << 20), 4096, 1 << 20, 1.0, unlimited, Time.SYSTEM, partition -> {});
    }

    private static org.apache.kafka.storage.internals.log.LogConfig kafkaConfig() {
        return new org.apache.kafka.storage.internals.log.LogConfig(Map.of(
                "internal.segment.bytes",
                SEGMENT_BYTES,
                "segment.index.bytes",
                INDEX_BYTES,
                "index.interval.bytes",
                200,
                "cleanup.policy",
                "compact",
                "delete.retention.ms",
                RETENTION_MS,
                "file.delete.delay.ms",
                60_000L));
    }

    private static String aborted(long producerId, long first, long last) {
        return "aborted " + producerId + " " + first + ".." + last;
    }

    /** Every batch of the segments in a directory, as Kafka reads it from the file. */
    private static List<String> describe(Path directory) throws IOException {
        List<String> lines = new ArrayList<>();
        List<Path> logs;
        try (Stream<Path> files = Files.list(directory)) {
            logs = files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
        }
        for (Path file : logs) {
            try (FileRecords records = FileRecords.open(file.toFile(), false)) {
                for (RecordBatch batch : records.batches()) {
                    batch.ensureValid();
                    if (batch.sizeInBytes() > 0 && batch.magic() == RecordBatch.MAGIC_VALUE_V2) {
                        describe(batch, lines);
                    }
                }
            }
        }
        return lines;
    }

    private static void describe(RecordBatch batch, List<String> lines) {
        lines.add("batch " + batch.baseOffset() + ".." + batch.lastOffset() + " epoch=" + batch.partitionLeaderEpoch()
                + " pid=" + batch.producerId() + "/" + batch.producerEpoch() + " seq=" + batch.baseSequence() + ".."
                + batch.lastSequence() + " txn=" + batch.isTransactional() + " control=" + batch.isControlBatch()
                + " horizon=" + batch.deleteHorizonMs() + " max=" + batch.maxTimestamp() + " type="
                + batch.timestampType() + " codec=" + batch.compressionType() + " count=" + batch.countOrNull());
        for (Record record : batch) {
            StringBuilder line = new StringBuilder("  " + record.offset() + " @" + record.timestamp() + " "
                    + hex(record.key()) + "=" + hex(record.value()));
            for (Header header : record.headers()) {
                line.append(' ').append(header.key()).append(':').append(hex(ByteBuffer.wrap(header.value())));
            }
            lines.add(line.toString());
        }
    }

    private static String hex(ByteBuffer bytes) {
        if (bytes == null) {
            return "null";
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return HexFormat.of().formatHex(copy);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }
}
