package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SavedPositionTest {
    @TempDir
    private Path temp;

    private SavedPosition open() {
        return new SavedPosition(temp, "t", false, ConcurrentHashMap.newKeySet());
    }

    private long read() {
        try (SavedPosition saved = open()) {
            return saved.read();
        }
    }

    private void write(long... offsets) {
        try (SavedPosition saved = open()) {
            saved.read();
            for (long offset : offsets) {
                saved.write(offset);
            }
        }
    }

    @Test
    void nothingIsThereBeforeTheFirstSave() {
        assertEquals(SavedPosition.NONE, read());
        assertFalse(Files.exists(temp.resolve("t.tailer")));
    }

    @Test
    void theLastSaveCounts() {
        write(5);
        assertEquals(5, read());
        write(9, 3, 3, 12);
        assertEquals(12, read());
        write(2);
        assertEquals(2, read());
    }

    @Test
    void hasTheBytesOfItsDescription() throws IOException {
        write(0x0102030405060708L);
        byte[] file = Files.readAllBytes(temp.resolve("t.tailer"));
        assertEquals(512 + SavedPositionDescriptor.SIZE, file.length);
        assertEquals(
                "4d52545000000000000000000000000101020304050607089d8c1b6c".length(), 2 * SavedPositionDescriptor.SIZE);
        assertEquals(
                "4d525450" + "00000000" + "0000000000000001" + "0102030405060708",
                HexFormat.of().formatHex(file, 512, 512 + SavedPositionDescriptor.CRC));
    }

    /** Whatever byte of the last write is missing or wrong: the position before it is found. */
    @Test
    void aTornSaveLeavesTheOneBefore() throws IOException {
        write(7, 8);
        Path path = temp.resolve("t.tailer");
        byte[] before = Files.readAllBytes(path);
        write(9);
        byte[] after = Files.readAllBytes(path);
        int slot = 512;
        for (int cut = 0; cut < SavedPositionDescriptor.SIZE; cut++) {
            byte[] torn = after.clone();
            System.arraycopy(before, slot + cut, torn, slot + cut, SavedPositionDescriptor.SIZE - cut);
            Files.write(path, torn);
            long found = read();
            boolean wholeAnyhow = Arrays.equals(torn, after);
            assertTrue(found == 8 || (wholeAnyhow && found == 9), "cut=" + cut + " found=" + found);
        }
        for (int bit = 0; bit < 8 * SavedPositionDescriptor.SIZE; bit++) {
            byte[] flipped = after.clone();
            flipped[slot + bit / 8] ^= (byte) (1 << (bit % 8));
            Files.write(path, flipped);
            assertEquals(8, read(), "bit=" + bit);
        }
        for (int length = 0; length < slot; length += 13) {
            Files.write(path, Arrays.copyOf(after, length));
            assertTrue(length >= SavedPositionDescriptor.SIZE ? read() == 8 : read() == SavedPosition.NONE);
        }
    }

    @Test
    void aSlotIsReadBackAsItWasWritten() {
        ByteBuffer slot = ByteBuffer.allocate(SavedPositionDescriptor.SIZE);
        SavedPositionDescriptor.write(slot, 3, 42);
        assertTrue(SavedPositionDescriptor.isValid(slot));
        assertEquals(3, SavedPositionDescriptor.sequence(slot));
        assertEquals(42, SavedPositionDescriptor.offset(slot));
    }
}
