package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.BatchValidator;
import io.millrace.log.batch.BatchVerdict;
import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.segment.SegmentFiles;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batches as they are: several records, compressed ones, markers of transactions. */
class BatchTailerTest {
    @TempDir
    private Path temp;

    private void write(ByteBuffer... batches) throws Exception {
        Path directory = Files.createDirectories(temp.resolve("log-0"));
        Path file = SegmentFiles.path(directory, 0, SegmentFiles.LOG);
        for (ByteBuffer batch : batches) {
            byte[] bytes = new byte[batch.remaining()];
            batch.duplicate().get(bytes);
            Files.write(file, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }

    private static ByteBuffer plain(long baseOffset, String... values) {
        RecordBatchBuilder builder =
                new RecordBatchBuilder().baseOffset(baseOffset).leaderEpoch(0);
        for (String value : values) {
            builder.add(Stores.TIME, null, Stores.bytes(value));
        }
        return builder.build();
    }

    private static ByteBuffer gzip(long baseOffset, String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = new SimpleRecord(Stores.TIME, null, Stores.bytes(values[i]));
        }
        return MemoryRecords.withRecords(baseOffset, Compression.gzip().build(), records)
                .buffer();
    }

    private static ByteBuffer marker(long baseOffset) {
        ByteBuffer marker = RecordBatchBuilder.endTransaction(7, (short) 0, 0, true, Stores.TIME);
        return marker.putLong(0, baseOffset);
    }

    @Test
    void givesEveryBatchWhole() throws Exception {
        write(plain(0, "a", "b"), gzip(2, "c", "d", "e"), marker(5), plain(6, "f"));
        BatchValidator validator = new BatchValidator();
        try (ReadOnlyStore store = LogStore.openReadOnly(temp);
                BatchTailer batches = store.log("log").tailer().buildBatches()) {
            long[][] expected = {{0, 1, 0}, {2, 4, 1}, {5, 5, 0}, {6, 6, 0}};
            for (long[] each : expected) {
                assertTrue(batches.next());
                assertEquals(each[0], batches.baseOffset());
                assertEquals(each[1], batches.lastOffset());
                assertEquals(each[1] + 1, batches.nextOffset());
                assertEquals(each[2], batches.codec());
                assertEquals(each[0] == 5, batches.isControl());
                int at = batches.position();
                assertEquals(
                        BatchVerdict.VALID, validator.checkIntegrity(batches.buffer(), at, at + batches.sizeInBytes()));
            }
            assertFalse(batches.next());
            batches.seek(3);
            assertTrue(batches.next());
            assertEquals(2, batches.baseOffset());
            assertEquals(2, batches.seekToTime(Stores.TIME) + 2);
        }
    }

    @Test
    void aTailerRefusesCompressedBatchesAndPassesMarkersOver() throws Exception {
        write(plain(0, "a", "b"), gzip(2, "c", "d", "e"), marker(5), plain(6, "f"));
        try (ReadOnlyStore store = LogStore.openReadOnly(temp);
                Tailer tailer = store.log("log").tailer().build()) {
            assertTrue(tailer.next());
            assertTrue(tailer.next());
            for (int i = 0; i < 3; i++) {
                CompressedBatchException refused = assertThrows(CompressedBatchException.class, tailer::next);
                assertEquals(2, refused.baseOffset());
                assertEquals(5, refused.nextOffset());
                assertEquals(1, refused.codec());
                assertTrue(refused.getMessage().contains("gzip"), refused::getMessage);
                assertEquals(2, tailer.position());
            }
            tailer.seek(5);
            assertTrue(tailer.next());
            assertEquals(6, tailer.record().offset());
            assertEquals("f", tailer.record().valueText());
            assertFalse(tailer.next());
            assertEquals(7, tailer.position());
        }
    }

    /** A compacted segment misses offsets; it is never the last one. */
    @Test
    void gapsAreReadInSealedSegmentsOnly() throws Exception {
        write(plain(0, "a"), plain(7, "b"));
        try (ReadOnlyStore store = LogStore.openReadOnly(temp);
                Tailer tailer = store.log("log").tailer().build()) {
            assertTrue(tailer.next());
            assertFalse(tailer.next());
            Files.createFile(SegmentFiles.path(temp.resolve("log-0"), 10, SegmentFiles.LOG));
            Stores.await("the segment is sealed", tailer::next);
            assertEquals(7, tailer.record().offset());
        }
    }

    @Test
    void waitsForALogThatIsNotThereYet() {
        try (ReadOnlyStore store = LogStore.openReadOnly(temp.resolve("later"));
                Tailer tailer = store.log("log").tailer().build()) {
            assertFalse(tailer.next());
            try (LogStore writer = LogStore.open(temp.resolve("later"))) {
                Stores.appendMany(writer.log("log"), 0, 1);
                Stores.await("the record", tailer::next);
            }
        }
    }
}
