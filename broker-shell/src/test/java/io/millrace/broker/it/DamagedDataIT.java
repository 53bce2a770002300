package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.GoldenManifest;
import io.millrace.broker.it.support.RawConnection;
import io.millrace.broker.it.support.TestFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A directory that Apache Kafka left after SIGKILL, and that was harmed since: what was torn is cut and said, what was damaged though it was
 * known to be on the disk is neither cut nor served, and the other partitions know nothing of it.
 */
final class DamagedDataIT {
    /** Where the voter in the golden metadata log is to be found. */
    private static final int CONTROLLER_PORT = 28_001;

    private static final TopicPartition HARMED = new TopicPartition("logs-none", 0);
    private static final TopicPartition SOUND = new TopicPartition("logs-none", 1);

    @TempDir
    private Path work;

    private Path log;

    @BeforeEach
    void unpack() {
        assumeFalse(
                BrokerUnderTest.isKafka(),
                "Apache Kafka cuts at the first bad byte, whatever was known to be on the disk");
        TestFiles.unpack(TestFiles.golden("data-unclean.tar.gz"), work);
        log = work.resolve("data").resolve(HARMED.toString()).resolve("00000000000000000000.log");
    }

    @Test
    void aTornTailIsCutAndSaid() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
            file.setLength(file.length() - 7);
        }
        try (BrokerProcess broker = start();
                RawConnection connection = RawConnection.open(broker.brokerPort())) {
            List<RecordBatch> left = connection.batches(HARMED, 0);
            assertEquals(expected(HARMED).batches() - 1, left.size());
            assertServesTheOther(connection);
            assertTrue(reported(broker, "cut ", HARMED), broker.child()::output);
            assertEquals(Errors.NONE, append(connection));
        }
    }

    @Test
    void aFlippedBitAboveWhatWasSyncedIsATornTail() throws IOException {
        flipBitInTheMiddle();
        try (BrokerProcess broker = start();
                RawConnection connection = RawConnection.open(broker.brokerPort())) {
            List<RecordBatch> left = connection.batches(HARMED, 0);
            assertTrue(!left.isEmpty() && left.size() < expected(HARMED).batches(), left.size() + " batches left");
            assertServesTheOther(connection);
            assertTrue(reported(broker, "cut ", HARMED), broker.child()::output);
        }
    }

    @Test
    void aFlippedBitBelowWhatWasSyncedTakesThePartitionOffline() throws IOException {
        flipBitInTheMiddle();
        long bytes = Files.size(log);
        Path checkpoint = work.resolve("data").resolve("recovery-point-offset-checkpoint");
        String known = HARMED.topic() + " " + HARMED.partition() + " ";
        Files.writeString(
                checkpoint,
                Files.readString(checkpoint)
                        .replace(known + "0\n", known + (expected(HARMED).lastOffset() + 1) + "\n"));
        try (BrokerProcess broker = start();
                RawConnection connection = RawConnection.open(broker.brokerPort())) {
            assertEquals(Errors.KAFKA_STORAGE_ERROR, append(connection));
            assertServesTheOther(connection);
            assertTrue(reported(broker, log.getFileName().toString(), HARMED), broker.child()::output);
            assertTrue(reported(broker, "position=", HARMED), broker.child()::output);
        }
        assertEquals(bytes, Files.size(log));
    }

    private BrokerProcess start() {
        Map<String, String> asWriter = Map.of(
                "controller.quorum.voters", "", "controller.quorum.bootstrap.servers", "127.0.0.1:" + CONTROLLER_PORT);
        BrokerProcess broker = BrokerUnderTest.create(work, work.resolve("data"), CONTROLLER_PORT, asWriter);
        broker.start();
        try (Admin admin = Clients.admin(broker.bootstrap())) {
            Clients.awaitLeaders(admin, SOUND);
        }
        return broker;
    }

    private void flipBitInTheMiddle() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
            long at = file.length() / 2;
            file.seek(at);
            int old = file.read();
            file.seek(at);
            file.write(old ^ 4);
        }
    }

    private static boolean reported(BrokerProcess broker, String what, TopicPartition partition) {
        return broker.child()
                .output()
                .lines()
                .anyMatch(line -> line.contains(what) && line.contains(partition.toString()));
    }

    private static void assertServesTheOther(RawConnection connection) {
        GoldenManifest.Entry expected = expected(SOUND);
        List<RecordBatch> batches = connection.batches(SOUND, 0);
        batches.removeIf(batch -> batch.baseOffset() > expected.lastOffset());
        assertEquals(expected, GoldenManifest.of(SOUND, batches));
    }

    private static GoldenManifest.Entry expected(TopicPartition partition) {
        return GoldenManifest.read(TestFiles.golden("manifest-unclean.csv")).stream()
                .filter(entry -> entry.partition().equals(partition))
                .findFirst()
                .orElseThrow();
    }

    private static Errors append(RawConnection connection) {
        SimpleRecord record = new SimpleRecord(System.currentTimeMillis(), null, new byte[100]);
        ByteBuffer batch = MemoryRecords.withRecords(Compression.NONE, record).buffer();
        return Errors.forCode(connection.produce(HARMED, batch).errorCode());
    }
}
