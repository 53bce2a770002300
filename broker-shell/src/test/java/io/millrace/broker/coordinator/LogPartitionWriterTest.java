package io.millrace.broker.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogPartitionWriterTest {
    @TempDir
    Path directory;

    private TestLogs logs;
    private LogPartitionWriter writer;

    @BeforeEach
    void open() throws IOException {
        logs = new TestLogs(directory);
        writer = new LogPartitionWriter(logs::find, logs::config);
    }

    @AfterEach
    void close() {
        logs.close();
    }

    @Test
    void appendReturnsTheOffsetAfterTheLastRecord() {
        TopicPartition tp = logs.lead(0, 1);
        assertEquals(2, append(tp, "a", "b"));
        assertEquals(3, append(tp, "c"));
        assertEquals(3, logs.find(tp).log().logEndOffset());
        assertEquals(3, logs.find(tp).log().highWatermark());
    }

    @Test
    void listenerHearsEachAdvanceOfOneTerm() {
        TopicPartition tp = logs.lead(0, 1);
        List<Long> heard = new ArrayList<>();
        writer.registerListener(tp, (partition, offset) -> heard.add(offset));
        append(tp, "a");
        append(tp, "b", "c");
        assertEquals(List.of(1L, 3L), heard);

        logs.follow(0, 2);
        logs.lead(0, 3);
        append(tp, "d");
        assertEquals(List.of(1L, 3L), heard, "retired for good");
    }

    @Test
    void deregisteredListenerHearsNothing() {
        TopicPartition tp = logs.lead(0, 1);
        List<Long> heard = new ArrayList<>();
        PartitionWriter.Listener listener = (partition, offset) -> heard.add(offset);
        writer.registerListener(tp, listener);
        writer.deregisterListener(tp, listener);
        append(tp, "a");
        assertTrue(heard.isEmpty());
    }

    @Test
    void whoDoesNotLeadDoesNotWrite() {
        TopicPartition unknown = new TopicPartition(TestLogs.TOPIC, 7);
        assertThrows(NotLeaderOrFollowerException.class, () -> append(unknown, "a"));
        assertThrows(NotLeaderOrFollowerException.class, () -> writer.config(unknown));
        TopicPartition tp = logs.lead(0, 1);
        logs.follow(0, 2);
        assertThrows(NotLeaderOrFollowerException.class, () -> append(tp, "a"));
    }

    private long append(TopicPartition tp, String... values) {
        return writer.append(tp, VerificationGuard.SENTINEL, records(values), (short) -1);
    }

    static MemoryRecords records(String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            byte[] bytes = values[i].getBytes(StandardCharsets.UTF_8);
            records[i] = new SimpleRecord(1000 + i, bytes, bytes);
        }
        return MemoryRecords.withRecords(Compression.NONE, records);
    }
}
