package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.ChildProcess;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.LogLines;
import io.millrace.broker.it.support.MillraceProcess;
import io.millrace.library.Appender;
import io.millrace.library.Log;
import io.millrace.library.LogStore;
import io.millrace.library.ReadOnlyStore;
import io.millrace.library.RecordView;
import io.millrace.library.StoreInUseException;
import io.millrace.library.Tailer;
import java.io.BufferedWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The engine as a library and the broker on one directory: what the library wrote becomes topics, and a reader in a process that has no flag and
 * no part in the broker follows what producers write.
 */
final class LibraryIT {
    private static final String TOPIC = "from-the-library";
    private static final long TIME = 1_700_000_000_000L;

    @TempDir
    private Path work;

    private final List<LogLines.Line> lines = LogLines.all();

    @Test
    void whatTheLibraryWroteIsATopic() {
        Path data = work.resolve("data");
        int controllerPort = BrokerProcess.freePort();
        try (LogStore store = LogStore.builder(data).segmentBytes(256 << 10).open()) {
            write(store.log(TOPIC));
            store.log("empty");
            assertTrue(store.log(TOPIC).segmentCount() > 3);
        }
        try (BrokerProcess broker = new MillraceProcess(work, data, controllerPort, Map.of())) {
            broker.start();
            try (Admin admin = Clients.admin(broker.bootstrap())) {
                Clients.awaitLeaders(admin, TOPIC, 1);
                Clients.awaitLeaders(admin, "empty", 1);
                assertEquals("-1", retention(admin));
            }
            assertWritten(Clients.records(broker.bootstrap(), TOPIC, Map.of()));
            assertThrows(StoreInUseException.class, () -> LogStore.open(data));
            append(broker, "by a producer", lines.size());
            broker.stop();
        }
        // The broker's directory is still one of logs: the library appends, and the broker serves that too.
        try (LogStore store = LogStore.open(data);
                Appender appender = store.log(TOPIC).appender()) {
            assertEquals(lines.size() + 1, appender.append(Clients.bytes("by the library again")));
            assertThrows(IllegalStateException.class, () -> store.log("new"));
        }
        try (BrokerProcess broker = new MillraceProcess(work, data, controllerPort, Map.of())) {
            broker.start();
            try (Admin admin = Clients.admin(broker.bootstrap())) {
                Clients.awaitLeaders(admin, TOPIC, 1);
            }
            append(broker, "and a producer", lines.size() + 2);
            List<ConsumerRecord<byte[], byte[]>> records = Clients.records(broker.bootstrap(), TOPIC, Map.of());
            assertWritten(records.subList(0, lines.size()));
            assertEquals(
                    List.of("by a producer", "by the library again", "and a producer"),
                    records.subList(lines.size(), records.size()).stream()
                            .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                            .toList());
            broker.stop();
        }
    }

    private void write(Log log) {
        try (Appender appender = log.appender()) {
            for (int i = 0; i < lines.size(); i++) {
                LogLines.Line line = lines.get(i);
                appender.key(Clients.bytes(line.key()))
                        .header("file", Clients.bytes(line.file()))
                        .timestamp(TIME + i);
                if (i % 10 < 5) {
                    appender.append(Clients.bytes(line.text()));
                } else {
                    appender.add(Clients.bytes(line.text()));
                    if (i % 10 == 9) {
                        appender.appendBatch();
                    }
                }
            }
            if (appender.batchCount() > 0) {
                appender.appendBatch();
            }
        }
        assertEquals(lines.size(), log.logEnd());
    }

    private void assertWritten(List<ConsumerRecord<byte[], byte[]>> records) {
        assertEquals(lines.size(), records.size());
        for (int i = 0; i < lines.size(); i++) {
            LogLines.Line line = lines.get(i);
            ConsumerRecord<byte[], byte[]> record = records.get(i);
            assertEquals(i, record.offset());
            assertEquals(TIME + i, record.timestamp());
            assertArrayEquals(Clients.bytes(line.key()), record.key());
            assertArrayEquals(Clients.bytes(line.text()), record.value());
            assertArrayEquals(
                    Clients.bytes(line.file()),
                    record.headers().lastHeader("file").value());
        }
    }

    private static String retention(Admin admin) {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
        return Clients.get(admin.describeConfigs(List.of(topic)).all())
                .get(topic)
                .get("retention.ms")
                .value();
    }

    private static void append(BrokerProcess broker, String value, long offset) {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(broker.bootstrap(), Map.of())) {
            var record = new ProducerRecord<byte[], byte[]>(TOPIC, Clients.bytes(value));
            assertEquals(offset, Clients.get(producer.send(record)).offset());
        }
    }

    /** Reads a topic of a running broker out of its files, and writes down what it saw. */
    static final class Reader {
        private Reader() {}

        public static void main(String[] args) throws Exception {
            int count = Integer.parseInt(args[2]);
            try (BufferedWriter seen = Files.newBufferedWriter(Path.of(args[3]));
                    ReadOnlyStore store = LogStore.openReadOnly(Path.of(args[0]));
                    Tailer tailer = store.log(args[1]).tailer().fromEarliest().build()) {
                for (int i = 0; i < count; i++) {
                    if (!tailer.awaitNext(Duration.ofSeconds(90))) {
                        throw new IllegalStateException("nothing comes after " + i);
                    }
                    RecordView record = tailer.record();
                    seen.write(record.offset() + "\t" + record.keyText() + "\t" + record.valueText() + "\n");
                }
            }
        }
    }

    @Test
    void aReaderInAProcessOfItsOwnFollowsATopic() throws Exception {
        Path data = work.resolve("data");
        Path seen = work.resolve("seen.tsv");
        try (BrokerProcess broker = new MillraceProcess(work, data, BrokerProcess.freePort(), Map.of())) {
            broker.start();
            try (Admin admin = Clients.admin(broker.bootstrap());
                    KafkaProducer<byte[], byte[]> producer =
                            Clients.producer(broker.bootstrap(), Map.of("batch.size", "4096"))) {
                Map<String, String> small = Map.of("index.interval.bytes", "512", "segment.index.bytes", "240");
                Clients.createTopic(admin, "followed", 1, small);
                Clients.produce(producer, "followed", lines.subList(0, 1000));
                ChildProcess reader = reader(data, seen);
                Await.until("the reader has begun", Duration.ofSeconds(60), reader::outputTail, () -> {
                    assertTrue(reader.isAlive() || Files.exists(seen), reader::outputTail);
                    return Files.exists(seen);
                });
                Clients.produce(producer, "followed", lines.subList(1000, lines.size()));
                assertEquals(0, reader.waitForExit(Duration.ofMinutes(2)), reader::output);
                assertEquals("", reader.output());
                assertEquals(
                        0,
                        Clients.get(admin.listOffsets(Map.of(
                                                new TopicPartition("followed", 0),
                                                org.apache.kafka.clients.admin.OffsetSpec.earliest()))
                                        .all())
                                .get(new TopicPartition("followed", 0))
                                .offset());
            }
            broker.stop();
        }
        assertFalse(segmentsOf(data.resolve("followed-0")) < 3);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            expected.add(i + "\t" + lines.get(i).key() + "\t" + lines.get(i).text());
        }
        assertEquals(String.join("\n", expected) + "\n", Files.readString(seen));
    }

    private static long segmentsOf(Path log) throws Exception {
        try (var files = Files.list(log)) {
            return files.filter(file -> file.toString().endsWith(".log")).count();
        }
    }

    private ChildProcess reader(Path data, Path seen) {
        List<String> command = List.of(
                MillraceProcess.java(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Reader.class.getName(),
                data.toString(),
                "followed",
                String.valueOf(lines.size()),
                seen.toString());
        return ChildProcess.start(command, work, work.resolve("reader.txt"), Map.of());
    }
}
