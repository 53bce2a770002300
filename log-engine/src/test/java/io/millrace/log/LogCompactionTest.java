package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.compact.CleaningStatus;
import io.millrace.log.segment.SegmentFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Test;

/** What compaction keeps and what it takes. */
class LogCompactionTest extends CompactionSetup {
    @Test
    void keepsTheLastValueOfEachKeyAndItsOffset() {
        put("a", "1", "b", "2");
        put("a", "3", "c", "4");
        roll();
        put("b", "5");
        assertEquals(1, clean());
        assertEquals(List.of("1=2", "2=3", "3=4", "4=5"), records(), "the active segment's b does not count yet");
        roll();
        put("active", "x");
        assertEquals(1, clean());
        assertEquals(List.of("2=3", "3=4", "4=5", "5=x"), records());
        assertEquals(0, clean(), "nothing is dirty any more");
        assertEquals(6, log.logEndOffset());
    }

    @Test
    void neverTouchesTheActiveSegmentNorWhatIsAboveTheHighWatermark() {
        put("a", "1");
        put("a", "2");
        assertEquals(0, clean());
        log.appendAsLeader(batch(new RecordBatchBuilder(), "a", "3"), 0, AppendOrigin.CLIENT, result);
        roll();
        log.appendAsLeader(batch(new RecordBatchBuilder(), "b", "4"), 0, AppendOrigin.CLIENT, result);
        assertEquals(2, log.highWatermark());
        assertEquals(0, clean(), "the segment reaches beyond the high watermark");
        log.advanceHighWatermark(3);
        assertEquals(1, clean());
        assertEquals(List.of("2=3", "3=4"), records());
    }

    @Test
    void tombstonesStayForTheirTime() {
        put("a", "1", "b", "1");
        put("a", null);
        roll();
        put("x", "x");
        clean();
        assertEquals(List.of("1=1", "2=null", "3=x"), records());
        clock.millis(clock.millis() + RETENTION_MS - 1);
        put("y", "y");
        roll();
        put("z", "z");
        clean();
        assertTrue(records().contains("2=null"));
        clock.millis(clock.millis() + 1);
        put("y", "yy");
        roll();
        put("z", "z");
        clean();
        assertFalse(records().contains("2=null"));
        assertTrue(records().contains("1=1"));
    }

    @Test
    void theDeleteHorizonStandsInTheHeaderAndTimestampsStayWhatTheyWere() throws IOException {
        put("a", "1", "a", null);
        roll();
        put("x", "x");
        clock.millis(clock.millis() + 777);
        clean();
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(SegmentFiles.path(log.directory(), 0, SegmentFiles.LOG)));
        assertTrue((RecordBatchDescriptor.attributes(bytes, 0) & RecordBatchDescriptor.DELETE_HORIZON_FLAG) != 0);
        assertEquals(TIME + 777 + RETENTION_MS, RecordBatchDescriptor.baseTimestamp(bytes, 0));
        assertEquals(TIME, RecordBatchDescriptor.maxTimestamp(bytes, 0));
        assertEquals(1, RecordBatchDescriptor.lastOffsetDelta(bytes, 0));
        assertEquals(1, RecordBatchDescriptor.recordsCount(bytes, 0));
    }

    @Test
    void abortedRecordsGoAndTheirMarkerAfterThem() {
        put("a", "1");
        append(batch(
                new RecordBatchBuilder().producer(7, (short) 0, 0).transactional(), "a", "aborted", "b", "aborted"));
        append(batch(new RecordBatchBuilder().producer(8, (short) 0, 0).transactional(), "c", "committed"));
        mark(7, false);
        mark(8, true);
        append(batch(new RecordBatchBuilder().producer(7, (short) 0, 2).transactional(), "d", "later"));
        mark(7, true);
        assertEquals(1, log.abortedTransactions(0, 10).size());
        roll();
        put("x", "x");
        clean();
        assertEquals(List.of("0=1", "3=committed", "6=later", "8=x"), values());
        clock.millis(clock.millis() + RETENTION_MS);
        for (int i = 0; i < 2; i++) {
            put("y", "y" + i);
            roll();
            put("z", "z" + i);
            clean();
            clock.millis(clock.millis() + RETENTION_MS);
        }
        assertEquals(List.of(), log.abortedTransactions(0, 100));
        assertTrue(values().containsAll(List.of("0=1", "3=committed", "6=later")));
    }

    @Test
    void whatAnOpenTransactionHoldsBackIsNotCleaned() {
        put("a", "1");
        put("a", "2");
        roll();
        append(batch(new RecordBatchBuilder().producer(7, (short) 0, 0).transactional(), "a", "open"));
        roll();
        put("a", "3");
        assertEquals(2, log.lastStableOffset());
        clean();
        assertEquals(List.of("1=2", "2=open", "3=3"), records());
    }

    @Test
    void theLastSequenceOfAProducerOutlivesItsRecords() throws IOException {
        append(batch(new RecordBatchBuilder().producer(7, (short) 3, 0), "a", "1", "b", "1"));
        append(batch(new RecordBatchBuilder().producer(7, (short) 3, 2), "a", "2", "b", "2"));
        put("a", "3", "b", "3");
        roll();
        put("x", "x");
        clean();
        assertEquals(List.of("4=3", "5=3", "6=x"), TestBatches.readAll(log, 4, 100));
        log.abandon();
        directory.close();
        Files.delete(temp.resolve("data/.kafka_cleanshutdown"));
        try (Stream<Path> files = Files.list(temp.resolve("data").resolve(NAME.directoryName()))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".snapshot")).toList()) {
                Files.delete(file);
            }
        }
        Files.delete(temp.resolve("data/recovery-point-offset-checkpoint"));
        open();
        ProducerView producer = log.activeProducers().get(0);
        assertEquals(3, producer.lastSequence());
        assertEquals(3, producer.epoch());
        log.advanceHighWatermark(log.logEndOffset());
        append(batch(new RecordBatchBuilder().producer(7, (short) 3, 4), "c", "goes on"));
    }

    @Test
    void theEndOffsetOutlivesTheLastRecordBeforeTheActiveSegment() {
        append(batch(new RecordBatchBuilder(), "a", "1"));
        append(batch(new RecordBatchBuilder(), "b", null));
        roll();
        put("b", "2");
        clean();
        clock.millis(clock.millis() + RETENTION_MS);
        roll();
        put("c", "3");
        clean();
        assertEquals(List.of("0=1", "2=2", "3=3"), records());
        try (LogSlice slice = log.read(1, 1000, 100, true)) {
            assertNotNull(slice);
            assertTrue(slice.length() > 0);
        }
    }

    @Test
    void compressedBatchesAreLeftAloneWithoutACodecAndThatIsSaid() {
        append(compressed(4, "a", "1", "b", "1"));
        append(compressed(1, "a", "2"));
        roll();
        put("x", "x");
        assertEquals(0, clean(SETTINGS, null));
        assertEquals(CleaningStatus.State.UNCLEANABLE, log.cleaning().state());
        assertTrue(String.valueOf(log.cleaning().problem()).contains("no codec"));
        assertEquals(1, events.size());
        assertEquals(0, clean(), "until it is opened again");
        directory.close();
        open();
        log.advanceHighWatermark(log.logEndOffset());
        assertEquals(1, clean());
        List<String> found = new ArrayList<>();
        for (RecordBatch batch : kafkaBatches()) {
            batch.forEach(record -> found.add(record.offset() + "=" + StandardCharsets.UTF_8.decode(record.value())
                    + " " + batch.compressionType()));
        }
        assertEquals(List.of("1=1 zstd", "2=2 gzip", "3=x none"), found);
    }

    @Test
    void damagedBytesAreNotGivenANewChecksum() throws IOException {
        put("a", "1");
        put("a", "2");
        roll();
        put("x", "x");
        Path segment = SegmentFiles.path(log.directory(), 0, SegmentFiles.LOG);
        byte[] bytes = Files.readAllBytes(segment);
        bytes[66] ^= 4;
        Files.write(segment, bytes);
        assertEquals(0, clean());
        assertEquals(CleaningStatus.State.UNCLEANABLE, log.cleaning().state());
        assertTrue(String.valueOf(log.cleaning().problem()).contains("checksum"), log.cleaning()::problem);
        assertNull(log.failure());
        assertEquals(bytes.length, Files.size(segment));
        assertFalse(files().stream().anyMatch(name -> name.endsWith(".cleaned")));
    }

    private List<RecordBatch> kafkaBatches() {
        List<RecordBatch> batches = new ArrayList<>();
        long next = 0;
        while (next < log.logEndOffset()) {
            try (LogSlice slice = log.read(next, 1 << 20, Long.MAX_VALUE, true)) {
                for (RecordBatch batch : org.apache.kafka.common.record.internal.MemoryRecords.readableRecords(
                                slice.copy())
                        .batches()) {
                    batches.add(batch);
                    next = batch.nextOffset();
                }
            }
        }
        return batches;
    }

    private ByteBuffer compressed(int codec, String... pairs) {
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
                ByteBuffer.allocate(1024),
                RecordBatch.MAGIC_VALUE_V2,
                TestCodec.compression(codec),
                TimestampType.CREATE_TIME,
                0,
                RecordBatch.NO_TIMESTAMP,
                RecordBatch.NO_PRODUCER_ID,
                RecordBatch.NO_PRODUCER_EPOCH,
                RecordBatch.NO_SEQUENCE,
                false,
                false,
                0,
                1 << 20);
        for (int i = 0; i < pairs.length; i += 2) {
            builder.append(clock.millis(), bytes(pairs[i]), bytes(pairs[i + 1]));
        }
        return builder.build().buffer();
    }
}
