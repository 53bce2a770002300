package io.millrace.log.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.PartitionLog;
import io.millrace.log.checkpoint.PartitionName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's directories as a whole: every partition opens in place, after a clean stop and after a kill, and again after ours. */
class GoldenLogDirectoryTest {
    private static final LogConfig CONFIG = LogConfig.builder().retentionMs(-1).build();

    @TempDir
    private Path temp;

    private final LogRuntime runtime = LogRuntime.start();

    @AfterEach
    void close() {
        runtime.close();
    }

    @Test
    void cleanlyStoppedDirectoryOpensWithoutAScan() throws Exception {
        try (LogDirectory directory = open("clean")) {
            assertTrue(directory.report().cleanShutdown());
            assertTrue(directory.previousBrokerEpoch().isPresent());
            assertEquals(0, directory.report().scannedSegments());
            verify(directory, "clean");
        }
        try (LogDirectory again = open()) {
            assertTrue(again.report().cleanShutdown());
            verify(again, "clean");
        }
    }

    @Test
    void killedDirectoryIsRecovered() throws Exception {
        try (LogDirectory directory = open("unclean")) {
            assertFalse(directory.report().cleanShutdown());
            assertTrue(directory.report().scannedBytes() > 0);
            assertEquals(0, directory.report().cutBytes());
            verify(directory, "unclean");
        }
        try (LogDirectory again = open()) {
            assertTrue(again.report().cleanShutdown());
            verify(again, "unclean");
        }
    }

    private LogDirectory open(String kind) throws IOException, InterruptedException {
        GoldenDirectory.unpack(kind, temp).close();
        return open();
    }

    private LogDirectory open() {
        return LogDirectory.open(temp.resolve("data"), runtime, topic -> CONFIG, 2, LogListener.NONE);
    }

    private static void verify(LogDirectory directory, String kind) throws Exception {
        assertTrue(directory.offline().isEmpty(), directory.offline().toString());
        assertEquals(List.of(), directory.report().warnings());
        List<GoldenPartition> partitions = GoldenPartition.read(GoldenDirectory.resource("manifest-" + kind + ".csv"));
        for (GoldenPartition expected : partitions) {
            PartitionName name = PartitionName.parse(expected.name());
            PartitionLog log = directory.log(name.topic(), name.partition());
            assertNotNull(log, expected.name());
            assertEquals(expected, GoldenReader.summary(expected.name(), log));
            assertNotNull(directory.metadata(name.topic(), name.partition()), expected.name());
        }
    }
}
