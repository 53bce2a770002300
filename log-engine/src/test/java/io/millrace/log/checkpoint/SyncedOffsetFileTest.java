package io.millrace.log.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyncedOffsetFileTest {
    private static final SyncedPoint POINT = new SyncedPoint(0x1122, 0x1000, 0x3344, 0x5566778899AABBCCL);

    @TempDir
    private Path directory;

    private final List<String> operations = new ArrayList<>();
    private Path path;

    @BeforeEach
    void name() {
        path = directory.resolve("millrace.synced");
    }

    private SyncedOffsetFile open() {
        FileFaults recording = (operation, file, position, length) -> operations.add(operation + " " + position);
        return SyncedOffsetFile.open(directory, recording);
    }

    /** What is known where one of the slots is harmed, either of them. */
    private void withEachSlotAlone(Consumer<SyncedOffsetFile> check) throws IOException {
        byte[] bytes = Files.readAllBytes(path);
        for (int slot = 0; slot < 2; slot++) {
            byte[] one = bytes.clone();
            one[(1 - slot) * 512] ^= 1;
            Files.write(path, one);
            check.accept(open());
        }
    }

    @Test
    void withoutAFileNothingIsKnown() {
        SyncedOffsetFile file = open();
        assertEquals(SyncedPoint.NOTHING, file.point());
        assertFalse(file.exists());
        file.lower(0);
        assertFalse(Files.exists(path));
        assertTrue(file.create());
        assertFalse(file.create());
        assertEquals(SyncedPoint.NOTHING, open().point());
    }

    @Test
    void goldenBytes() throws IOException {
        SyncedOffsetFile file = open();
        file.cleaned(0x77);
        file.write(POINT);
        byte[] bytes = Files.readAllBytes(path);
        assertEquals(512 + 56, bytes.length);
        assertEquals(
                "4d52535900000002" + "0000000000000003" + "0000000000001122" + "0000000000001000" + "00003344"
                        + "5566778899aabbcc" + "0000000000000077" + "9fdc81bd",
                HexFormat.of().formatHex(bytes, 512, 568));
    }

    /** Files of the first version have 48 bytes a slot, and say nothing about cleanings. */
    @Test
    void firstVersionIsRead() throws IOException {
        byte[] slot = HexFormat.of()
                .parseHex("4d52535900000001" + "0000000000000001" + "0000000000001122" + "0000000000001000" + "00003344"
                        + "5566778899aabbcc" + "f0b490e2");
        byte[] bytes = new byte[512 + slot.length];
        System.arraycopy(slot, 0, bytes, 512, slot.length);
        Files.write(path, bytes);
        assertEquals(POINT, open().point());
        assertEquals(SyncedOffsetDescriptor.CLEANED_UNKNOWN, open().cleanedBelow());
        open().cleaned(7);
        assertEquals(POINT, open().point());
        assertEquals(7, open().cleanedBelow());
    }

    /** A cleaned segment must not take its place before it is known that it may: also where the newer slot is lost. */
    @Test
    void cleanedIsForcedInBothSlotsAndKept() throws IOException {
        SyncedOffsetFile file = open();
        assertEquals(SyncedOffsetDescriptor.CLEANED_UNKNOWN, file.cleanedBelow());
        file.write(SyncedPoint.at(100));
        file.cleaned(60);
        assertTrue(operations.contains("FORCE 0"), operations.toString());
        withEachSlotAlone(left -> {
            assertEquals(60, left.cleanedBelow());
            assertEquals(100, left.point().offset());
        });
        operations.clear();
        file.cleaned(60);
        file.cleaned(10);
        assertEquals(List.of(), operations);
        file.write(SyncedPoint.at(120));
        file.beginCut(50);
        assertEquals(60, open().cleanedBelow());
    }

    /** What a log gets that begins anew has not been cleaned. */
    @Test
    void cleanedIsLoweredInBothSlotsWhereTheLogEndsBelow() throws IOException {
        SyncedOffsetFile file = open();
        file.cleaned(60);
        operations.clear();
        file.cleanedAtMost(60);
        assertEquals(List.of(), operations);
        file.cleanedAtMost(25);
        assertTrue(operations.contains("FORCE 0"), operations.toString());
        withEachSlotAlone(left -> assertEquals(25, left.cleanedBelow()));
    }

    @Test
    void slotsAreWrittenInTurnAndTheNewerCounts() {
        SyncedOffsetFile file = open();
        for (int offset = 1; offset < 10; offset++) {
            file.write(SyncedPoint.at(offset));
            assertEquals(offset, open().point().offset());
        }
        assertTrue(operations.contains("WRITE 0"));
        assertTrue(operations.contains("WRITE 512"));
        assertFalse(operations.contains("FORCE 0"));
    }

    @Test
    void everyFlippedBitOfTheNewerSlotLeavesTheOlderOne() throws IOException {
        SyncedOffsetFile file = open();
        file.write(SyncedPoint.at(5));
        file.write(POINT);
        byte[] sound = Files.readAllBytes(path);
        for (int bit = 0; bit < 8 * SyncedOffsetDescriptor.SLOT_SIZE; bit++) {
            byte[] harmed = sound.clone();
            harmed[bit / 8] ^= (byte) (1 << (bit % 8));
            Files.write(path, harmed);
            assertEquals(SyncedPoint.at(5), open().point(), "bit " + bit);
        }
    }

    @Test
    void everyPrefixIsReadAsWhatItHolds() throws IOException {
        SyncedOffsetFile file = open();
        file.write(SyncedPoint.at(5));
        file.write(POINT);
        file.write(SyncedPoint.at(0x2000));
        byte[] whole = Files.readAllBytes(path);
        for (int length = 0; length < whole.length; length++) {
            Files.write(path, Arrays.copyOf(whole, length));
            SyncedPoint expected = length < SyncedOffsetDescriptor.SLOT_SIZE ? SyncedPoint.NOTHING : POINT;
            assertEquals(expected, open().point(), "length " + length);
        }
    }

    @Test
    void loweringIsForcedInBothSlots() throws IOException {
        SyncedOffsetFile file = open();
        file.write(SyncedPoint.at(100));
        file.write(SyncedPoint.at(200));
        operations.clear();
        file.lower(200);
        assertEquals(List.of(), operations);
        file.lower(50);
        assertTrue(operations.contains("FORCE 0"), operations.toString());
        withEachSlotAlone(left -> assertEquals(50, left.point().offset()));
    }

    @Test
    void goesOnAfterAnOpen() {
        open().write(SyncedPoint.at(7));
        open().write(SyncedPoint.at(8));
        open().write(SyncedPoint.at(6)); // also a smaller one, where the sequence is newer
        assertEquals(6, open().point().offset());
    }
}
