package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.FileFaults.Operation;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Failures of the disk under an index: an exception, and the index as it was. */
class IndexFaultTest {
    @TempDir
    Path directory;

    private @Nullable Operation failing;

    private final FileFaults faults = (operation, file, position, length) -> {
        if (operation == failing) {
            throw new IOException("No space left on device");
        }
    };

    private OffsetIndex open() {
        return OffsetIndex.open(directory.resolve("a.index"), 0, 1 << 20, true, faults);
    }

    @Test
    void aFullDiskIsAnErrorAndTheIndexServesOn() {
        try (OffsetIndex index = open()) {
            int entries = fillWhatIsReserved(index);
            StorageException full = assertThrows(StorageException.class, () -> index.append(1_000_000, 1_000_000));
            assertEquals(StorageException.Kind.NO_SPACE, full.kind());
            assertEquals(entries, index.entries());
            assertEquals(entries / 2, index.floorPosition(entries / 2));
            failing = null;
            index.append(1_000_000, 1_000_000);
            assertEquals(1_000_000, index.floorPosition(2_000_000));
        }
    }

    private int fillWhatIsReserved(OffsetIndex index) {
        index.append(1, 1);
        failing = Operation.RESERVE;
        int next = 2;
        try {
            for (; ; next++) {
                index.append(next, next);
            }
        } catch (StorageException endOfReservation) {
            return next - 1;
        }
    }

    @Test
    void aFailedPreparationIsTheWritersToMeet() {
        try (OffsetIndex index = open()) {
            for (int i = 1; i <= 1000; i++) {
                index.append(i, i);
            }
            failing = Operation.RESERVE;
            assertThrows(StorageException.class, index::prepareAhead);
            failing = null;
            index.prepareAhead();
            assertEquals(1000, index.lastPosition());
        }
    }

    @Test
    void aFailedMappingLeavesTheIndexEmpty() throws IOException {
        try (OffsetIndex index = open()) {
            failing = Operation.MAP;
            assertThrows(StorageException.class, () -> index.append(1, 1));
            assertEquals(0, index.entries());
            failing = null;
            index.append(1, 1);
        }
        assertEquals(8, Files.size(directory.resolve("a.index")));
    }

    @Test
    void aFailedForceIsReported() {
        try (OffsetIndex index = open()) {
            index.append(1, 1);
            failing = Operation.FORCE;
            assertThrows(StorageException.class, index::force);
            failing = null;
        }
    }
}
