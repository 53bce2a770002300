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

class OffsetIndexTest {
    private static final long BASE = 50;
    private static final int MAX_BYTES = 1023;

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("00000000000000000050.index");
    }

    private OffsetIndex open() {
        return OffsetIndex.open(file, BASE, MAX_BYTES, true, FileFaults.NONE);
    }

    private OffsetIndex openToRead() {
        return OffsetIndex.open(file, BASE, 0, false, FileFaults.NONE);
    }

    private static void fill(OffsetIndex index, int entries) {
        for (int i = 1; i <= entries; i++) {
            index.append(BASE + 10L * i, 4096 * i);
        }
    }

    @Test
    void entriesHaveKafkasBytes() throws IOException {
        try (OffsetIndex index = open()) {
            index.append(55, 4096);
            index.append(300, 0x7FFF_FFFE);
        }
        byte[] golden = HexFormat.of().parseHex("0000000500001000" + "000000fa7ffffffe");
        assertArrayEquals(golden, Files.readAllBytes(file));
    }

    @Test
    void floorIsTheLastEntryNotAboveTheOffset() {
        try (OffsetIndex index = open()) {
            fill(index, 3);
            assertEquals(0, index.floorPosition(BASE + 9));
            assertEquals(BASE, index.floorOffset(BASE + 9));
            assertEquals(4096, index.floorPosition(BASE + 10));
            assertEquals(4096, index.floorPosition(BASE + 19));
            assertEquals(BASE + 10, index.floorOffset(BASE + 19));
            assertEquals(3 * 4096, index.floorPosition(Long.MAX_VALUE));
            assertEquals(BASE + 30, index.floorOffset(BASE + 31));
        }
    }

    @Test
    void offsetsBelowTheBaseAreAtTheStart() {
        try (OffsetIndex index = open()) {
            assertEquals(0, index.floorPosition(BASE + 1000));
            fill(index, 3);
            assertEquals(0, index.floorPosition(BASE - 1));
            assertEquals(BASE, index.floorOffset(Long.MIN_VALUE));
        }
    }

    @Test
    void anIndexWithoutEntriesHoldsNoBytes() throws IOException {
        try (OffsetIndex index = open()) {
            assertEquals(0, index.entries());
            assertEquals(BASE, index.lastOffset());
            assertEquals(0, index.lastPosition());
            assertEquals(0, Files.size(file));
            index.sanityCheck();
        }
        assertEquals(0, Files.size(file));
    }

    @Test
    void sizeIsRoundedDownToWholeEntries() throws IOException {
        try (OffsetIndex index = open()) {
            assertEquals(MAX_BYTES / 8, index.maxEntries());
            index.append(51, 1);
            assertEquals(MAX_BYTES / 8 * 8, Files.size(file));
            index.trim();
            assertEquals(8, Files.size(file));
        }
    }

    @Test
    void fullIndexRefusesAnEntry() {
        try (OffsetIndex index = open()) {
            fill(index, MAX_BYTES / 8);
            assertTrue(index.isFull());
            assertThrows(IllegalStateException.class, () -> index.append(BASE + 100_000, Integer.MAX_VALUE));
            assertEquals(MAX_BYTES / 8, index.entries());
        }
    }

    @Test
    void offsetsMustAscendAndFit() {
        try (OffsetIndex index = open()) {
            index.append(BASE + 5, 10);
            assertThrows(IllegalArgumentException.class, () -> index.append(BASE + 5, 20));
            assertThrows(IllegalArgumentException.class, () -> index.append(BASE + Integer.MAX_VALUE + 1L, 20));
            assertThrows(IllegalArgumentException.class, () -> index.append(BASE - 1, 20));
            assertFalse(index.canAppendOffset(BASE - 1));
            index.append(BASE + Integer.MAX_VALUE, 20);
            assertEquals(BASE + Integer.MAX_VALUE, index.lastOffset());
        }
    }

    @Test
    void reopenedIndexGoesOn() {
        try (OffsetIndex index = open()) {
            fill(index, 5);
        }
        try (OffsetIndex index = open()) {
            assertEquals(5, index.entries());
            assertEquals(BASE + 50, index.lastOffset());
            assertFalse(index.isFull());
            index.append(BASE + 60, 6 * 4096);
            assertEquals(6 * 4096, index.floorPosition(BASE + 60));
        }
        try (OffsetIndex index = openToRead()) {
            index.checkAllEntries();
            assertEquals(6, index.entries());
            assertEquals(6, index.maxEntries());
            assertEquals(5 * 4096, index.floorPosition(BASE + 59));
            assertThrows(IllegalStateException.class, () -> index.append(BASE + 70, 7 * 4096));
        }
    }

    @Test
    void truncationKeepsWhatIsBelow() {
        try (OffsetIndex index = open()) {
            fill(index, 10);
            index.truncateTo(BASE + 1000);
            assertEquals(10, index.entries());
            index.truncateTo(BASE + 55);
            assertEquals(5, index.entries());
            index.truncateTo(BASE + 50);
            assertEquals(4, index.entries());
            index.append(BASE + 41, 5 * 4096);
            assertEquals(BASE + 41, index.lastOffset());
            index.truncateTo(BASE);
            assertEquals(0, index.entries());
        }
    }

    @Test
    void truncatedOnOpenIsReservedAgainBeforeStores() {
        try (OffsetIndex index = open()) {
            fill(index, 10);
        }
        try (OffsetIndex index = open()) {
            assertEquals(4096 * 10, index.floorPosition(BASE + 100));
            index.reset();
            fill(index, 20);
            assertEquals(20, index.entries());
            assertEquals(4096 * 20, index.lastPosition());
        }
    }

    @Test
    void appendsGoOnAfterTrimAndResize() throws IOException {
        try (OffsetIndex index = open()) {
            fill(index, 100);
            index.trim();
            assertEquals(800, Files.size(file));
            index.prepareAhead();
            assertEquals(800, Files.size(file), "a sealed index is not extended again");
            index.resize(64 * 1024);
            for (int i = 101; i <= 8192; i++) {
                index.append(BASE + 10L * i, 4096 * i);
                index.prepareAhead();
            }
            assertTrue(index.isFull());
            index.checkAllEntries();
            index.resize(8);
            assertEquals(8192, index.maxEntries(), "entries are never resized away");
        }
        assertEquals(64 * 1024, Files.size(file));
    }

    @Test
    void everyTruncatedPrefixIsOpenedToItsWholeEntriesOrRefused() throws IOException {
        try (OffsetIndex index = open()) {
            fill(index, 6);
        }
        byte[] bytes = Files.readAllBytes(file);
        for (int length = 0; length <= bytes.length; length++) {
            Files.write(file, Arrays.copyOf(bytes, length));
            OffsetIndex index = openToRead();
            if (length % 8 == 0) {
                index.checkAllEntries();
                assertEquals(length / 8, index.entries());
                assertEquals(BASE + 10L * (length / 8), index.lastOffset());
            } else {
                StorageException refused = assertThrows(StorageException.class, index::sanityCheck);
                assertEquals(StorageException.Kind.DAMAGED, refused.kind());
                assertEquals(length / 8 * 8L, refused.position());
            }
            index.discard();
        }
    }

    @Test
    void sanityCheckFindsWhatItCanSee() throws IOException {
        assertDamaged("0000000500000010" + "0000000500000020", 8);
        assertDamaged("0000000500000010" + "0000000600000010", 8);
        assertDamaged("fffffff600000010", 0);
        assertDamaged("0000000500000010" + "0000000000000000", 8);
        assertDamaged("0000000900000010" + "0000000300000014" + "0000000400000018", 16);
    }

    @Test
    void anUntrimmedIndexIsFoundDamaged() throws IOException {
        try (OffsetIndex index = open()) {
            fill(index, 3);
            Files.copy(file, directory.resolve("crashed"));
        }
        try (OffsetIndex index = OffsetIndex.open(directory.resolve("crashed"), BASE, 0, false, FileFaults.NONE)) {
            assertEquals(MAX_BYTES / 8, index.entries(), "position at the end, as Kafka has it");
            assertThrows(StorageException.class, index::sanityCheck);
        }
    }

    private void assertDamaged(String bytes, long position) throws IOException {
        Files.write(file, HexFormat.of().parseHex(bytes));
        OffsetIndex index = openToRead();
        StorageException found = assertThrows(StorageException.class, index::sanityCheck);
        assertEquals(StorageException.Kind.DAMAGED, found.kind());
        assertEquals(position, found.position());
        assertTrue(found.getMessage().contains("file=" + file), found.getMessage());
        index.discard();
    }

    @Test
    void parkedIndexIsMappedAgainByTheNextUse() {
        try (OffsetIndex index = open()) {
            fill(index, 20);
            index.park();
            assertEquals(BASE + 200, index.lastOffset());
            index.sanityCheck();
            assertEquals(5 * 4096, index.floorPosition(BASE + 55));
            index.park();
            index.append(BASE + 210, 4096 * 21);
            assertEquals(21, index.entries());
            assertEquals(4096 * 21, index.lastPosition());
            index.park();
            index.truncateTo(BASE + 105);
            assertEquals(BASE + 100, index.lastOffset());
            index.park();
            assertEquals(4096 * 10, index.lastPosition());
        }
        try (OffsetIndex index = openToRead()) {
            assertEquals(10, index.entries());
            index.checkAllEntries();
        }
    }
}
