package io.millrace.log.compact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a stop leaves at each step of a swap: segments 0 and 10 are replaced by a cleaned segment 0, segment 20 stays. */
class SwapRecoveryTest {
    private static final String ZERO = "00000000000000000000";
    private static final String TEN = "00000000000000000010";
    private static final String TWENTY = "00000000000000000020";
    private static final Set<String> OLD = new TreeSet<>(List.of(
            ZERO + ".log", ZERO + ".index", ZERO + ".timeindex", TEN + ".log", TEN + ".index", TEN + ".timeindex"));
    private static final Set<String> NEW =
            new TreeSet<>(List.of(ZERO + ".log", ZERO + ".index", ZERO + ".timeindex", ZERO + ".txnindex"));

    @TempDir
    private Path directory;

    private byte[] oldZero;
    private byte[] cleanedZero;

    @BeforeEach
    void fill() throws IOException {
        oldZero = batch(0, 10);
        cleanedZero = batch(3, 16);
        write(ZERO + ".log", oldZero);
        write(TEN + ".log", batch(10, 10));
        write(TWENTY + ".log", batch(20, 10));
        for (String each : List.of(ZERO, TEN, TWENTY)) {
            write(each + ".index", new byte[] {1});
            write(each + ".timeindex", new byte[] {1});
        }
        write(ZERO + ".log.cleaned", cleanedZero);
        write(ZERO + ".index.cleaned", new byte[] {2});
        write(ZERO + ".timeindex.cleaned", new byte[] {2});
        write(ZERO + ".txnindex.cleaned", new byte[] {2});
    }

    private static byte[] batch(long baseOffset, int records) {
        RecordBatchBuilder builder = new RecordBatchBuilder().baseOffset(baseOffset);
        for (int i = 0; i < records; i++) {
            builder.add(1, new byte[] {1}, new byte[] {(byte) baseOffset});
        }
        ByteBuffer batch = builder.build();
        byte[] bytes = new byte[batch.remaining()];
        batch.get(bytes);
        return bytes;
    }

    private void write(String name, byte[] bytes) throws IOException {
        Files.write(directory.resolve(name), bytes);
    }

    private void move(String from, String to) throws IOException {
        Files.move(directory.resolve(from), directory.resolve(to));
    }

    private void swapped(String... kinds) throws IOException {
        for (String kind : kinds) {
            move(ZERO + kind + ".cleaned", ZERO + kind + ".swap");
        }
    }

    private void deleted(String... names) throws IOException {
        for (String name : names) {
            move(name, name + ".deleted");
        }
    }

    private void recover() throws IOException {
        for (Path leftover : SwapRecovery.complete(directory, FileFaults.NONE)) {
            Files.deleteIfExists(leftover);
        }
        assertEquals(List.of(), SwapRecovery.complete(directory, FileFaults.NONE), "a second time finds nothing");
    }

    private Set<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith(TWENTY))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private void assertOld() throws IOException {
        assertEquals(OLD, names());
        assertArrayEquals(oldZero, Files.readAllBytes(directory.resolve(ZERO + ".log")));
        assertArrayEquals(new byte[] {1}, Files.readAllBytes(directory.resolve(ZERO + ".index")));
    }

    private void assertNew() throws IOException {
        assertEquals(NEW, names());
        assertArrayEquals(cleanedZero, Files.readAllBytes(directory.resolve(ZERO + ".log")));
        assertArrayEquals(new byte[] {2}, Files.readAllBytes(directory.resolve(ZERO + ".index")));
    }

    @Test
    void whatWasBeingWrittenIsForgotten() throws IOException {
        recover();
        assertOld();
    }

    @Test
    void aSwapThatWasNotWholeIsUndone() throws IOException {
        swapped(".log");
        recover();
        assertOld();
    }

    @Test
    void aSwapOfWhichOneIndexLacksIsUndone() throws IOException {
        swapped(".log", ".index", ".timeindex");
        recover();
        assertOld();
    }

    @Test
    void aWholeSwapIsFinished() throws IOException {
        swapped(".log", ".index", ".timeindex", ".txnindex");
        recover();
        assertNew();
    }

    @Test
    void aSwapIsFinishedWhereTheFirstOldSegmentHasGone() throws IOException {
        swapped(".log", ".index", ".timeindex", ".txnindex");
        deleted(ZERO + ".log", ZERO + ".index");
        recover();
        assertNew();
    }

    @Test
    void aSwapIsFinishedWhereAllOldSegmentsHaveGone() throws IOException {
        swapped(".log", ".index", ".timeindex", ".txnindex");
        deleted(OLD.toArray(String[]::new));
        recover();
        assertNew();
    }

    @Test
    void aSwapIsFinishedWhereItsLogHasItsPlace() throws IOException {
        swapped(".log", ".index", ".timeindex", ".txnindex");
        deleted(OLD.toArray(String[]::new));
        move(ZERO + ".log.swap", ZERO + ".log");
        move(ZERO + ".index.swap", ZERO + ".index");
        recover();
        assertNew();
    }

    @Test
    void indexesOfASegmentThatWasBeingRenamedGo() throws IOException {
        swapped(".log", ".index", ".timeindex", ".txnindex");
        deleted(ZERO + ".log", ZERO + ".index", ZERO + ".timeindex", TEN + ".log");
        recover();
        assertNew();
    }

    /** Its last batches have been cleaned away, so its end does not tell of segment 10: that one is as good as before. */
    @Test
    void anOldSegmentBeyondTheEndOfTheSwapStays() throws IOException {
        write(ZERO + ".log.cleaned", batch(3, 2));
        swapped(".log", ".index", ".timeindex", ".txnindex");
        recover();
        Set<String> expected = new TreeSet<>(NEW);
        expected.addAll(List.of(TEN + ".log", TEN + ".index", TEN + ".timeindex"));
        assertEquals(expected, names());
    }

    @Test
    void anEmptySwapReplacesItsOwn() throws IOException {
        write(ZERO + ".txnindex", new byte[] {1});
        write(ZERO + ".log.cleaned", new byte[0]);
        Files.delete(directory.resolve(ZERO + ".txnindex.cleaned"));
        swapped(".log", ".index", ".timeindex");
        recover();
        assertEquals(
                Set.of(
                        ZERO + ".log",
                        ZERO + ".index",
                        ZERO + ".timeindex",
                        TEN + ".log",
                        TEN + ".index",
                        TEN + ".timeindex"),
                names());
        assertEquals(0, Files.size(directory.resolve(ZERO + ".log")));
    }

    @Test
    void aDamagedSwapRemovesNothing() throws IOException {
        write(ZERO + ".log.cleaned", Arrays.copyOf(cleanedZero, cleanedZero.length - 1));
        swapped(".log", ".index", ".timeindex", ".txnindex");
        Set<String> before = names();
        StorageException refused =
                assertThrows(StorageException.class, () -> SwapRecovery.complete(directory, FileFaults.NONE));
        assertEquals(StorageException.Kind.DAMAGED, refused.kind());
        assertEquals(before, names());
    }
}
