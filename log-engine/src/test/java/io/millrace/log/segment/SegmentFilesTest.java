package io.millrace.log.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentFilesTest {
    @TempDir
    private Path temp;

    @Test
    void namesHaveTwentyDigits() {
        assertEquals("00000000000000001234.log", name(SegmentFiles.path(temp, 1234, SegmentFiles.LOG)));
        assertEquals(
                "09223372036854775807.timeindex",
                name(SegmentFiles.path(temp, Long.MAX_VALUE, SegmentFiles.TIME_INDEX)));
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }

    @Test
    void listsSegmentsInOrderAndNothingElse() throws IOException {
        for (long base : new long[] {500, 0, 99}) {
            Files.createFile(SegmentFiles.path(temp, base, SegmentFiles.LOG));
            Files.createFile(SegmentFiles.path(temp, base, SegmentFiles.OFFSET_INDEX));
        }
        Files.createFile(temp.resolve("1.log"));
        Files.createFile(temp.resolve("0000000000000000000x.log"));
        Files.createFile(temp.resolve("00000000000000000007.log.deleted"));
        assertArrayEquals(new long[] {0, 99, 500}, SegmentFiles.baseOffsets(temp));
    }

    @Test
    void leftoversAreWhatKafkaRemovesToo() throws IOException {
        Files.createFile(temp.resolve("00000000000000000007.log.deleted"));
        Files.createFile(temp.resolve("00000000000000000009.index.cleaned"));
        Files.createFile(SegmentFiles.path(temp, 0, SegmentFiles.LOG));
        assertEquals(
                Set.of("00000000000000000007.log.deleted", "00000000000000000009.index.cleaned"),
                SegmentFiles.leftovers(temp).stream()
                        .map(SegmentFilesTest::name)
                        .collect(Collectors.toSet()));
    }
}
