package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.KafkaTool;
import io.millrace.broker.it.support.RawConnection;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The disk under the partitions fills up: produce answers KAFKA_STORAGE_ERROR, reads go on, and when space returns service does
 * too, in the same process. The disk is a small tmpfs; a ballast file takes its space. The metadata log lies on another disk.
 */
final class FullDiskIT {
    private static final TopicPartition PARTITION = new TopicPartition("filled", 0);
    private static final int RECORD_BYTES = 100_000;
    private static final int APPENDS_MAX = 2_000;
    private static final Duration BOUND = Duration.ofSeconds(60);

    @TempDir
    private Path work;

    private boolean mounted;

    @BeforeEach
    void mountSmallDisk() throws Exception {
        assumeFalse(BrokerUnderTest.isKafka(), "Apache Kafka takes the directory offline and halts");
        Files.createDirectory(disk());
        mounted = run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk().toString());
        assumeTrue(mounted, "mount is not allowed here");
    }

    @AfterEach
    void unmount() {
        if (mounted) {
            assertTrue(run("umount", disk().toString()));
        }
    }

    @Test
    void aFullDiskRefusesAppendsAndNothingElse() throws Exception {
        Map<String, String> settings =
                Map.of("metadata.log.dir", work.resolve("metadata").toString());
        try (BrokerProcess broker =
                BrokerUnderTest.create(work, disk().resolve("data"), BrokerProcess.freePort(), settings)) {
            broker.start();
            Await.until(
                    "the warning",
                    BOUND,
                    () -> broker.child()
                            .output()
                            .contains(" is on tmpfs, in memory: nothing in it outlives the machine"));
            try (Admin admin = Clients.admin(broker.bootstrap())) {
                Clients.createTopic(admin, PARTITION.topic(), 1, Map.of());
            }
            Path ballast = Files.write(disk().resolve("ballast"), new byte[30 << 20]);
            try (RawConnection connection = RawConnection.open(broker.brokerPort())) {
                int acknowledged = appendUntilRefused(connection);
                assertEquals(
                        acknowledged,
                        Clients.readAll(broker.bootstrap(), PARTITION.topic()).size());
                assertTrue(broker.isAlive());
                Files.delete(ballast);
                Await.until("appends succeed again", BOUND, () -> append(connection) == Errors.NONE);
                assertEquals(
                        acknowledged + 1,
                        Clients.readAll(broker.bootstrap(), PARTITION.topic()).size());
            }
            broker.stop();
        }
    }

    /** One directory for everything, as by default, and a disk that somebody else has filled to the last byte. */
    @Test
    void aTopicThatIsMadeOnAFullDiskServesWhenThereIsRoom() throws Exception {
        try (BrokerProcess broker =
                BrokerUnderTest.create(work, disk().resolve("data"), BrokerProcess.freePort(), Map.of())) {
            broker.start();
            Path ballast = disk().resolve("ballast");
            run("dd", "if=/dev/zero", "of=" + ballast, "bs=1M");
            try (Admin admin = Clients.admin(broker.bootstrap());
                    RawConnection connection = RawConnection.open(broker.brokerPort())) {
                NewTopic topic = new NewTopic(PARTITION.topic(), 1, (short) 1);
                admin.createTopics(List.of(topic)).all().get(BOUND.toSeconds(), TimeUnit.SECONDS);
                assertEquals(Errors.KAFKA_STORAGE_ERROR, append(connection));
                assertTrue(broker.isAlive());
                Files.delete(ballast);
                Await.until("appends succeed", BOUND, () -> append(connection) == Errors.NONE);
                Clients.createTopic(admin, "another", 1, Map.of());
            }
            broker.stop();
        }
    }

    private static int appendUntilRefused(RawConnection connection) {
        for (int acknowledged = 0; acknowledged < APPENDS_MAX; acknowledged++) {
            Errors error = append(connection);
            if (error != Errors.NONE) {
                assertEquals(Errors.KAFKA_STORAGE_ERROR, error);
                return acknowledged;
            }
        }
        throw new AssertionError("the disk did not fill up");
    }

    private static Errors append(RawConnection connection) {
        SimpleRecord record = new SimpleRecord(System.currentTimeMillis(), null, new byte[RECORD_BYTES]);
        ByteBuffer batch = MemoryRecords.withRecords(Compression.NONE, record).buffer();
        return Errors.forCode(connection.produce(PARTITION, batch).errorCode());
    }

    private Path disk() {
        return work.resolve("disk");
    }

    private boolean run(String... command) {
        return KafkaTool.run(work, List.of(command), BOUND).exitCode() == 0;
    }
}
