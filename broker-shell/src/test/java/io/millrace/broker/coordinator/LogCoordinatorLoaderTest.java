package io.millrace.broker.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader.LoadSummary;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogCoordinatorLoaderTest {
    @TempDir
    Path directory;

    private TestLogs logs;
    private LogPartitionWriter writer;
    private LogCoordinatorLoader<String> loader;

    @BeforeEach
    void open() throws IOException {
        logs = new TestLogs(directory);
        writer = new LogPartitionWriter(logs::find, logs::config);
        loader = new LogCoordinatorLoader<>(
                Time.SYSTEM,
                logs::find,
                (key, value) -> StandardCharsets.UTF_8.decode(value).toString(),
                256);
    }

    @AfterEach
    void close() {
        loader.close();
        logs.close();
    }

    @Test
    void replaysEverythingInOrderAcrossManyReads() {
        TopicPartition tp = logs.lead(0, 1);
        List<String> written = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            written.add("record " + i);
            append(tp, LogPartitionWriterTest.records("record " + i));
        }
        Playback playback = new Playback();
        LoadSummary summary = load(tp, playback);

        assertEquals(written, playback.replayed);
        assertEquals(200, summary.numRecords());
        assertEquals(200, playback.written);
        assertEquals(200, playback.committed);
    }

    @Test
    void batchLargerThanTheBufferIsReadWhole() {
        TopicPartition tp = logs.lead(0, 1);
        String large = "x".repeat(10_000);
        append(tp, LogPartitionWriterTest.records("small", large, "small"));
        Playback playback = new Playback();
        load(tp, playback);
        assertEquals(List.of("small", large, "small"), playback.replayed);
    }

    @Test
    void emptyPartitionLoadsAtOnce() {
        Playback playback = new Playback();
        assertEquals(0, load(logs.lead(0, 1), playback).numRecords());
        assertEquals(-1, playback.committed);
    }

    @Test
    void transactionMarkersAreReplayedAsSuch() {
        TopicPartition tp = logs.lead(0, 1);
        append(
                tp,
                MemoryRecords.withEndTransactionMarker(
                        1000, 7, (short) 0, new EndTransactionMarker(ControlRecordType.COMMIT, 1)));
        Playback playback = new Playback();
        load(tp, playback);
        assertEquals(List.of("COMMIT of 7"), playback.replayed);
    }

    @Test
    void failsWhereThisNodeDoesNotLead() {
        TopicPartition tp = logs.lead(0, 1);
        logs.follow(0, 2);
        CompletionException failure = assertThrows(CompletionException.class, () -> load(tp, new Playback()));
        assertInstanceOf(NotLeaderOrFollowerException.class, failure.getCause());
    }

    @Test
    void failureToReplayFailsTheLoad() {
        TopicPartition tp = logs.lead(0, 1);
        append(tp, LogPartitionWriterTest.records("a"));
        Playback refusing = new Playback() {
            @Override
            public void replay(long offset, long producerId, short producerEpoch, String value) {
                throw new IllegalArgumentException("refused");
            }
        };
        CompletionException failure = assertThrows(CompletionException.class, () -> load(tp, refusing));
        assertTrue(failure.getCause().getMessage().contains("offset=0"), failure.toString());
    }

    @Test
    void closedLoaderRefuses() {
        TopicPartition tp = logs.lead(0, 1);
        loader.close();
        assertThrows(CompletionException.class, () -> load(tp, new Playback()));
    }

    private void append(TopicPartition tp, MemoryRecords records) {
        writer.append(tp, VerificationGuard.SENTINEL, records, (short) -1);
    }

    private LoadSummary load(TopicPartition tp, CoordinatorPlayback<String> playback) {
        CompletableFuture<LoadSummary> future = loader.load(tp, playback);
        return future.orTimeout(30, TimeUnit.SECONDS).join();
    }

    /** Keeps what a coordinator would apply, and sees that the offsets it is told only grow. */
    private static class Playback implements CoordinatorPlayback<String> {
        final List<String> replayed = new ArrayList<>();
        long written = -1;
        long committed = -1;

        @Override
        public void replay(long offset, long producerId, short producerEpoch, String value) {
            assertEquals(offset, replayed.size());
            replayed.add(value);
        }

        @Override
        public void replayEndTransactionMarker(long producerId, short producerEpoch, TransactionResult result) {
            replayed.add(result + " of " + producerId);
        }

        @Override
        public void updateLastWrittenOffset(long offset) {
            assertTrue(offset > written);
            written = offset;
        }

        @Override
        public void updateLastCommittedOffset(long offset) {
            assertTrue(offset > committed && offset <= written);
            committed = offset;
        }
    }
}
