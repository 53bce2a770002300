package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimeIndexTest {
    private static final long BASE = 50;
    private static final long TIME = 0x193_0000_0000L;
    private static final int MAX_BYTES = 1205;

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("00000000000000000050.timeindex");
    }

    private TimeIndex open() {
        return TimeIndex.open(file, BASE, MAX_BYTES, true, FileFaults.NONE);
    }

    private TimeIndex openToRead() {
        return TimeIndex.open(file, BASE, 0, false, FileFaults.NONE);
    }

    private static void fill(TimeIndex index, int entries) {
        for (int i = 1; i <= entries; i++) {
            index.maybeAppend(TIME + 100L * i, BASE + 10L * i, false);
        }
    }

    @Test
    void entriesHaveKafkasBytes() throws IOException {
        try (TimeIndex index = open()) {
            index.maybeAppend(TIME, 55, false);
            index.maybeAppend(TIME + 1, 0x7FFF_FFFEL + BASE, false);
        }
        byte[] golden = HexFormat.of().parseHex("000001930000000000000005" + "00000193000000017ffffffe");
        assertArrayEquals(golden, Files.readAllBytes(file));
    }

    @Test
    void floorIsTheEntryWithTheGreatestTimestampNotAbove() {
        try (TimeIndex index = open()) {
            assertEquals(BASE, index.floorOffset(TIME));
            assertEquals(TimeIndex.NO_TIMESTAMP, index.lastTimestamp());
            fill(index, 3);
            assertEquals(BASE, index.floorOffset(TIME + 99));
            assertEquals(TimeIndex.NO_TIMESTAMP, index.floorTimestamp(TIME + 99));
            assertEquals(BASE + 10, index.floorOffset(TIME + 100));
            assertEquals(BASE + 20, index.floorOffset(TIME + 299));
            assertEquals(TIME + 200, index.floorTimestamp(TIME + 299));
            assertEquals(BASE + 30, index.floorOffset(Long.MAX_VALUE));
            assertEquals(BASE, index.floorOffset(Long.MIN_VALUE));
        }
    }

    @Test
    void anEqualTimestampIsPassedOverAndAnEarlierOneRefused() {
        try (TimeIndex index = open()) {
            index.maybeAppend(TIME, 60, false);
            index.maybeAppend(TIME, 70, false);
            assertEquals(1, index.entries());
            assertEquals(60, index.lastOffset());
            assertThrows(IllegalArgumentException.class, () -> index.maybeAppend(TIME - 1, 80, false));
            assertThrows(IllegalArgumentException.class, () -> index.maybeAppend(TIME + 1, 59, false));
            assertThrows(IllegalArgumentException.class, () -> index.maybeAppend(TIME + 1, 49, true));
            index.maybeAppend(TIME + 1, 60, false);
            assertEquals(2, index.entries());
        }
    }

    @Test
    void theLastSlotIsKeptForTheRoll() {
        try (TimeIndex index = open()) {
            assertEquals(100, index.maxEntries());
            fill(index, 99);
            assertTrue(index.isFull());
            assertThrows(IllegalStateException.class, () -> index.maybeAppend(TIME * 2, BASE + 5000, false));
            index.maybeAppend(TIME * 2, BASE + 5000, true);
            assertEquals(100, index.entries());
            assertThrows(IllegalStateException.class, () -> index.maybeAppend(TIME * 3, BASE + 6000, true));
            index.maybeAppend(TIME * 2, BASE + 6000, true);
        }
    }

    @Test
    void reopenedIndexGoesOn() {
        try (TimeIndex index = open()) {
            fill(index, 5);
        }
        try (TimeIndex index = open()) {
            assertEquals(TIME + 500, index.lastTimestamp());
            assertEquals(BASE + 50, index.lastOffset());
            assertFalse(index.isFull());
            index.maybeAppend(TIME + 600, BASE + 60, false);
        }
        try (TimeIndex index = openToRead()) {
            index.checkAllEntries();
            assertEquals(6, index.entries());
            assertEquals(TIME + 600, index.timestampAt(5));
            assertEquals(BASE + 60, index.offsetAt(5));
            assertThrows(IndexOutOfBoundsException.class, () -> index.offsetAt(6));
        }
    }

    @Test
    void truncationGoesByOffset() {
        try (TimeIndex index = open()) {
            fill(index, 10);
            index.truncateTo(BASE + 55);
            assertEquals(5, index.entries());
            index.truncateTo(BASE + 50);
            assertEquals(4, index.entries());
            assertEquals(TIME + 400, index.lastTimestamp());
            index.truncateTo(BASE - 3);
            assertEquals(0, index.entries());
            fill(index, 2);
            assertEquals(2, index.entries());
        }
    }

    @Test
    void everyTruncatedPrefixIsOpenedToItsWholeEntriesOrRefused() throws IOException {
        try (TimeIndex index = open()) {
            fill(index, 6);
        }
        byte[] bytes = Files.readAllBytes(file);
        for (int length = 0; length <= bytes.length; length++) {
            Files.write(file, Arrays.copyOf(bytes, length));
            TimeIndex index = openToRead();
            if (length % 12 == 0) {
                index.checkAllEntries();
                assertEquals(length / 12, index.entries());
            } else {
                StorageException refused = assertThrows(StorageException.class, index::sanityCheck);
                assertEquals(StorageException.Kind.DAMAGED, refused.kind());
            }
            index.discard();
        }
    }

    @Test
    void sanityCheckFindsWhatItCanSee() throws IOException {
        String first = "000001930000000000000005";
        assertDamaged(first + "000001930000000000000006");
        assertDamaged(first + "000001930000000100000004");
        assertDamaged(first + "000000000000000000000000");
        assertDamaged("0000019300000000fffffff6");
    }

    private void assertDamaged(String bytes) throws IOException {
        Files.write(file, HexFormat.of().parseHex(bytes));
        TimeIndex index = openToRead();
        assertEquals(
                StorageException.Kind.DAMAGED,
                assertThrows(StorageException.class, index::sanityCheck).kind());
        assertThrows(StorageException.class, index::checkAllEntries);
        index.discard();
    }
}
