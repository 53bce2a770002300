package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.mapped.FaultInjection;
import io.millrace.mapped.FaultInjection.Failure;
import io.millrace.mapped.FaultInjection.Rule;
import io.millrace.mapped.FileFaults.Operation;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An index on a file system where a reservation does not hold. */
class IndexFileChannelTest {
    private static final int ENTRIES = 5_000;

    @TempDir
    private Path directory;

    private final FaultInjection faults = new FaultInjection(3, FaultInjection::sleep);

    private IndexFile open() {
        return IndexFile.open(directory.resolve("index"), Long.BYTES, 1 << 20, true, faults, path -> false);
    }

    private static void append(IndexFile file, long value) {
        MappedRegion region = file.regionForNext();
        int at = file.entries() * Long.BYTES;
        region.putInt(at, (int) (value >>> 32));
        region.putInt(at + Integer.BYTES, (int) value);
        file.publishNext();
    }

    @Test
    void entriesGoThroughTheChannelAndAreReadFromTheMapping() throws IOException {
        IndexFile file = open();
        for (long i = 0; i < ENTRIES; i++) {
            append(file, i * 0x1_0000_0001L);
            file.prepareAhead();
            assertEquals(i * 0x1_0000_0001L, file.region().getLong((int) i * Long.BYTES));
        }
        file.truncateToEntries(ENTRIES - 1);
        append(file, 77);
        assertEquals(77, file.region().getLong((ENTRIES - 1) * Long.BYTES));
        file.close();
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(directory.resolve("index")));
        assertEquals(ENTRIES * Long.BYTES, bytes.capacity());
        assertEquals(4_000 * 0x1_0000_0001L, bytes.getLong(4_000 * Long.BYTES));
    }

    @Test
    void aFullDiskIsAnExceptionAndTheEntryIsNotThere() {
        IndexFile file = open();
        append(file, 1);
        faults.with(Rule.of(Failure.NO_SPACE, 1, Operation.WRITE));
        StorageException full = assertThrows(StorageException.class, () -> append(file, 2));
        assertEquals(StorageException.Kind.NO_SPACE, full.kind());
        faults.heal();
        assertEquals(1, file.entries());
        append(file, 3);
        assertEquals(3, file.region().getLong(Long.BYTES));
        file.close();
    }

    @Test
    void parkingGivesTheFileBack() {
        IndexFile file = open();
        append(file, 1);
        file.park();
        append(file, 2);
        assertEquals(1, file.region().getLong(0));
        assertEquals(2, file.region().getLong(Long.BYTES));
        file.discard();
    }
}
