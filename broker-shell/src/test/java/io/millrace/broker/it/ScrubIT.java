package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.RawConnection;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bit goes bad in a segment that nobody reads, in a broker that runs. */
final class ScrubIT {
    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final TopicPartition HARMED = new TopicPartition("cold", 0);
    private static final TopicPartition SOUND = new TopicPartition("cold", 1);

    @TempDir
    private Path work;

    @BeforeEach
    void onlyHere() {
        assumeFalse(BrokerUnderTest.isKafka(), "Apache Kafka has no scrub");
    }

    @Test
    void damageInASealedSegmentIsFoundAndTakesThatPartitionOffline() throws IOException {
        Map<String, String> settings = Map.of(
                "metadata.log.dir", work.resolve("metadata").toString(), "millrace.log.scrub.interval.ms", "200");
        try (BrokerProcess broker =
                BrokerUnderTest.create(work, work.resolve("data"), BrokerProcess.freePort(), settings)) {
            broker.start();
            try (Admin admin = Clients.admin(broker.bootstrap())) {
                Clients.createTopic(admin, HARMED.topic(), 2, Map.of("segment.bytes", "1048576"));
            }
            try (RawConnection connection = RawConnection.open(broker.brokerPort())) {
                for (int i = 0; i < 25; i++) {
                    assertEquals(Errors.NONE, append(connection, HARMED));
                    assertEquals(Errors.NONE, append(connection, SOUND));
                }
                Await.until("a sound pass", BOUND, () -> reported(broker, "segments=4", "damaged=0"));
                Path log = work.resolve("data/cold-0/00000000000000000000.log");
                flip(log, 345_678);
                Await.until("offline", BOUND, () -> append(connection, HARMED) == Errors.KAFKA_STORAGE_ERROR);
                assertEquals(Errors.NONE, append(connection, SOUND));
                Await.until(
                        "the report",
                        BOUND,
                        () -> reported(
                                broker,
                                "log is damaged below offset",
                                log + " position=",
                                "offset 3: batch checksum mismatch"));
            }
            broker.stop();
        }
    }

    private static boolean reported(BrokerProcess broker, String... parts) {
        return broker.child().output().lines().anyMatch(line -> {
            for (String part : parts) {
                if (!line.contains(part)) {
                    return false;
                }
            }
            return true;
        });
    }

    private static void flip(Path file, long at) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            int old = bytes.read();
            bytes.seek(at);
            bytes.write(old ^ 4);
        }
    }

    private static Errors append(RawConnection connection, TopicPartition partition) {
        SimpleRecord record = new SimpleRecord(System.currentTimeMillis(), null, new byte[100_000]);
        ByteBuffer batch = MemoryRecords.withRecords(Compression.NONE, record).buffer();
        return Errors.forCode(connection.produce(partition, batch).errorCode());
    }
}
