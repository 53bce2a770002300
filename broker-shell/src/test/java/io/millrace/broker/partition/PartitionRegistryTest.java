package io.millrace.broker.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leadership, look-up, and who is told of what. */
class PartitionRegistryTest {
    private static final int US = 1;

    @TempDir
    Path directory;

    private final Uuid id = Uuid.randomUuid();
    private LogRuntime runtime;
    private LogDirectory logs;
    private PartitionRegistry registry;

    @BeforeEach
    void open() {
        runtime = LogRuntime.start();
        logs = LogDirectory.open(directory, runtime, topic -> LogConfig.DEFAULTS, 1, LogListener.NONE);
        registry = new PartitionRegistry(US, List.of(logs), topic -> TopicSettings.DEFAULTS);
    }

    @AfterEach
    void close() {
        registry.close();
        logs.close();
        runtime.close();
    }

    @Test
    void partitionsAreFoundByNameAndById() {
        Partition partition = registry.becomeLeader(state(id, 3, US, 0));
        assertEquals(partition, registry.get("t", 3));
        assertEquals(partition, registry.get(id, 3));
        assertNull(registry.get("t", 2));
        assertNull(registry.get("t", -1));
        assertNull(registry.get("t", 4));
        assertEquals("t", registry.topicName(id));
        registry.stop("t", 3, false);
        assertNull(registry.get("t", 3));
        assertNull(registry.topicName(id));
        assertNotNull(logs.log("t", 3));
    }

    @Test
    void aStoppedPartitionTakesNothingAndItsFilesGo() {
        Partition partition = registry.becomeLeader(state(id, 0, US, 0));
        assertEquals(AppendStatus.APPENDED, append(partition));
        registry.stop("t", 0, true);
        assertEquals(AppendStatus.FENCED_EPOCH, append(partition));
        assertNull(logs.log("t", 0));
    }

    @Test
    void theHighWatermarkIsTheEndWhileNobodyElseIsInSync() {
        Partition partition = registry.becomeLeader(state(id, 0, US, 0));
        append(partition);
        assertEquals(1, partition.log().highWatermark());
        registry.becomeLeader(new PartitionState("t", id, 0, US, 1, 1, List.of(US, 2), List.of(US, 2)));
        append(partition);
        assertEquals(1, partition.log().highWatermark());
        registry.becomeLeader(new PartitionState("t", id, 0, US, 1, 2, List.of(US, 2), List.of(US)));
        assertEquals(2, partition.log().highWatermark());
    }

    @Test
    void highWatermarkListenersAreDroppedWithLeadership() {
        Partition partition = registry.becomeLeader(state(id, 0, US, 0));
        List<Long> told = new ArrayList<>();
        partition.addHighWatermarkListener(told::add);
        append(partition);
        append(partition);
        registry.becomeFollower(state(id, 0, 2, 1));
        registry.becomeLeader(state(id, 0, US, 2));
        append(partition);
        assertEquals(List.of(1L, 2L), told);
    }

    @Test
    void aListenerMayAppendFromInsideItsCall() {
        Partition partition = registry.becomeLeader(state(id, 0, US, 0));
        List<Long> told = new ArrayList<>();
        partition.addHighWatermarkListener(offset -> {
            told.add(offset);
            if (offset < 3) {
                append(partition);
            }
        });
        append(partition);
        assertEquals(3, partition.log().logEndOffset());
        assertEquals(3L, told.get(told.size() - 1));
    }

    @Test
    void whoeverWaitsIsToldOfProgress() {
        Partition partition = registry.becomeLeader(state(id, 0, US, 0));
        List<Long> bytes = new ArrayList<>();
        ProgressListener listener = (moved, newBytes) -> bytes.add(newBytes);
        partition.addListener(listener);
        append(partition);
        assertEquals(List.of((long) batch().remaining()), bytes);
        registry.becomeFollower(state(id, 0, 2, 1));
        assertEquals(2, bytes.size());
        partition.removeListener(listener);
        registry.becomeLeader(state(id, 0, US, 2));
        assertEquals(2, bytes.size());
    }

    @Test
    void clientsOfAnotherEpochAreTold() {
        Partition partition = registry.becomeLeader(state(id, 0, US, 5));
        assertEquals(Errors.NONE, partition.readError(-1));
        assertEquals(Errors.NONE, partition.readError(5));
        assertEquals(Errors.FENCED_LEADER_EPOCH, partition.readError(4));
        assertEquals(Errors.UNKNOWN_LEADER_EPOCH, partition.readError(6));
        registry.becomeFollower(state(id, 0, 2, 6));
        assertEquals(Errors.NOT_LEADER_OR_FOLLOWER, partition.readError(-1));
        assertEquals(AppendStatus.FENCED_EPOCH, append(partition));
    }

    @Test
    void aTopicMadeAgainUnderTheSameNameStartsEmpty() {
        append(registry.becomeLeader(state(id, 0, US, 0)));
        Uuid again = Uuid.randomUuid();
        Partition partition = registry.becomeLeader(state(again, 0, US, 0));
        assertNotEquals(id, partition.topicId());
        assertEquals(0, partition.log().logEndOffset());
        assertNull(registry.get(id, 0));
    }

    @Test
    void settingsActOnOpenLogs() {
        Partition partition = registry.becomeLeader(state(id, 0, US, 0));
        LogConfig small = LogConfig.builder().maxMessageBytes(10).build();
        registry.reconfigure("t", new TopicSettings(small, 2, null));
        assertEquals(AppendStatus.TOO_LARGE, append(partition));
        assertTrue(partition.hasEnoughInSyncReplicas(), "min.insync.replicas is capped by the replicas");
    }

    @Test
    void aLogThatCannotBeOpenedLeavesThePartitionOffline() {
        registry.becomeLeader(state(id, 0, US, 0));
        logs.close();
        assertThrows(RuntimeException.class, () -> registry.becomeLeader(state(id, 1, US, 0)));
        Partition offline = registry.get("t", 1);
        assertFalse(offline.isOnline());
        assertEquals(Errors.KAFKA_STORAGE_ERROR, offline.readError(-1));
        assertEquals(AppendStatus.OFFLINE, append(offline));
    }

    private static PartitionState state(Uuid topicId, int partition, int leader, int epoch) {
        return new PartitionState("t", topicId, partition, leader, epoch, epoch, List.of(leader), List.of(leader));
    }

    private static AppendStatus append(Partition partition) {
        return partition.append(batch(), AppendOrigin.CLIENT, new AppendResult());
    }

    private static ByteBuffer batch() {
        return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(1L, new byte[10]))
                .buffer();
    }
}
