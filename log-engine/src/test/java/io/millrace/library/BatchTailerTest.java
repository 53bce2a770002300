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
        Files.write(file, bytes(batches), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static byte[] bytes(ByteBuffer... batches) {
        ByteBuffer all = ByteBuffer.allocate(100_000);
        for (ByteBuffer batch : batches) {
            all.put(batch.duplicate());
        }
        byte[] bytes = new byte[all.position()];
        all.get(0, bytes);
        return bytes;
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

    /** Two segments become one under the first's name, while a reader is in the old first one. */
    @Test
    void nothingIsPassedOverWhenSegmentsAreCompactedTogether() throws Exception {
        Path directory = Files.createDirectories(temp.resolve("log-0"));
        Path first = SegmentFiles.path(directory, 0, SegmentFiles.LOG);
        Path second = SegmentFiles.path(directory, 2, SegmentFiles.LOG);
        write(plain(0, "a"), plain(1, "b"));
        Files.write(second, bytes(plain(2, "c", "d", "e")));
        Files.write(SegmentFiles.path(directory, 5, SegmentFiles.LOG), bytes(plain(5, "f")));
        try (ReadOnlyStore store = LogStore.openReadOnly(temp);
                Tailer tailer = store.log("log").tailer().build()) {
            assertTrue(tailer.next());
            Path swap = directory.resolve("00000000000000000000.log.swap");
            Files.write(swap, bytes(plain(1, "b"), plain(4, "e")));
            Files.move(first, directory.resolve("00000000000000000000.log.deleted"));
            Files.move(second, directory.resolve("00000000000000000002.log.deleted"));
            assertTrue(tailer.next());
            assertEquals("b", tailer.record().valueText());
            long untilNs = System.nanoTime() + 100_000_000;
            while (System.nanoTime() < untilNs) {
                assertFalse(tailer.next());
            }
            Files.move(swap, first);
            Stores.await("what was kept of the second segment", tailer::next);
            assertEquals(4, tailer.record().offset());
            Stores.await("the next segment", tailer::next);
            assertEquals(5, tailer.record().offset());
            assertEquals(0, tailer.skipped());
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
