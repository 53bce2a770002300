package io.millrace.mapped;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults.Operation;
import io.millrace.mapped.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageFileTest {
    @TempDir
    Path directory;

    private Path path;

    @BeforeEach
    void namePath() {
        path = directory.resolve("file");
    }

    private StorageFile create() {
        return StorageFile.open(path, StorageFile.Mode.CREATE, FileFaults.NONE);
    }

    private static ByteBuffer bytes(int length) {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            buffer.put((byte) (buffer.position() * 31 | 1));
        }
        return buffer.flip();
    }

    @Test
    void whatIsMissingIsReportedWithItsName() {
        StorageException missing = assertThrows(
                StorageException.class, () -> StorageFile.open(path, StorageFile.Mode.READ, FileFaults.NONE));
        assertEquals(Kind.IO, missing.kind());
        assertEquals(path, missing.file());
        assertTrue(missing.getMessage().startsWith("open file=" + path + " : "), missing.getMessage());
    }

    @Test
    void reservationExtendsAndKeepsWhatIsThere() throws Exception {
        Posix.awaitInstance();
        assertReservationKeeps();
    }

    @Test
    void reservationByZerosExtendsAndKeepsWhatIsThere() throws IOException {
        try (StorageFile file = create()) {
            file.writeFully(bytes(5000), 0);
            file.writeFully(bytes(10), 50_000);
            byte[] before = Files.readAllBytes(path);
            ZeroFill fill = new ZeroFill(file);
            fill.overHoles(100, file.size());
            assertArrayEquals(before, Files.readAllBytes(path));
            fill.over(file.size(), 100_001);
            assertEquals(100_001, file.size());
        }
    }

    private void assertReservationKeeps() throws IOException {
        try (StorageFile file = create()) {
            file.writeFully(bytes(5000), 0);
            file.reserve(100, 100_000);
            assertEquals(100_100, file.size());
            assertEquals(bytes(5000), ByteBuffer.wrap(Files.readAllBytes(path), 0, 5000));
            file.reserve(0, 10);
            assertEquals(100_100, file.size());
            file.truncate(7);
            assertEquals(7, file.size());
            file.truncate(1_000);
            assertEquals(7, file.size(), "a truncation never extends");
        }
    }

    @Test
    void zerosReplaceWhatIsInTheirRangeAndNothingElse() throws IOException {
        try (StorageFile file = create()) {
            file.writeFully(bytes(5000), 0);
            file.fillWithZeros(4000, 200_000);
            assertEquals(204_000, file.size());
            byte[] written = Files.readAllBytes(path);
            assertEquals(bytes(4000), ByteBuffer.wrap(written, 0, 4000));
            assertEquals(ByteBuffer.allocate(200_000), ByteBuffer.wrap(written, 4000, 200_000));
        }
    }

    @Test
    void aLargeWriteKeepsTheBuffersLimit() throws IOException {
        try (StorageFile file = create()) {
            ByteBuffer source = bytes(1_000_000).position(3).limit(900_000);
            file.writeFully(source, 10);
            assertEquals(900_000, source.position());
            assertEquals(900_000, source.limit());
            byte[] written = Files.readAllBytes(path);
            assertEquals(bytes(1_000_000).position(3).limit(900_000), ByteBuffer.wrap(written, 10, 899_997));
        }
    }

    @Test
    void readsUntilTheEnd() {
        try (StorageFile file = create()) {
            file.writeFully(bytes(100), 0);
            ByteBuffer target = ByteBuffer.allocate(80);
            assertEquals(80, file.readFully(target, 0));
            assertEquals(20, file.readFully(target.clear(), 80));
            assertEquals(0, file.readFully(target.clear(), 100));
        }
    }

    @Test
    void everyOperationAsksForFaultsAndFailsAsTold() {
        List<Operation> asked = new ArrayList<>();
        FileFaults recording = (operation, file, position, length) -> asked.add(operation);
        try (StorageFile file = StorageFile.open(path, StorageFile.Mode.CREATE, recording)) {
            file.reserve(0, 4096);
            file.writeFully(bytes(3), 0);
            file.force(true);
            MappedRegion.map(file, 0, 4096, true).close();
            file.truncate(3);
        }
        StorageFile.rename(path, directory.resolve("other"), recording);
        StorageFile.deleteIfExists(directory.resolve("other"), recording);
        StorageFile.forceDirectory(directory, recording);
        assertEquals(
                List.of(
                        Operation.OPEN,
                        Operation.RESERVE,
                        Operation.WRITE,
                        Operation.FORCE,
                        Operation.MAP,
                        Operation.TRUNCATE,
                        Operation.CLOSE,
                        Operation.RENAME,
                        Operation.DELETE,
                        Operation.FORCE),
                asked);
    }

    @Test
    void aFullDiskIsToldFromOtherErrors() {
        FileFaults full = (operation, file, position, length) -> {
            if (operation == Operation.RESERVE) {
                throw new IOException("No space left on device");
            }
        };
        try (StorageFile file = StorageFile.open(path, StorageFile.Mode.CREATE, full)) {
            StorageException failed = assertThrows(StorageException.class, () -> file.reserve(4096, 10));
            assertEquals(Kind.NO_SPACE, failed.kind());
            assertEquals(4096, failed.position());
        }
    }

    @Test
    void useAfterCloseIsToldAsSuch() {
        StorageFile file = create();
        file.close();
        assertEquals(
                Kind.CLOSED, assertThrows(StorageException.class, file::size).kind());
    }

    @Test
    void renamesReplaceAndDeletionsMayMiss() throws IOException {
        create().close();
        Path other = Files.writeString(directory.resolve("other"), "old");
        StorageFile.rename(path, other, FileFaults.NONE);
        assertEquals(0, Files.size(other));
        assertTrue(StorageFile.deleteIfExists(other, FileFaults.NONE));
        assertFalse(StorageFile.deleteIfExists(other, FileFaults.NONE));
    }

    @Test
    void asksAboutReservationsOnlyOfWhatExists() {
        StorageFile.reservationHolds(directory);
        assertThrows(StorageException.class, () -> StorageFile.reservationHolds(path));
    }

    @Test
    void parkedFileIsOpenedAgainByTheNextUse() {
        StorageFile file = create();
        file.writeFully(bytes(100), 0);
        file.park();
        assertTrue(file.isParked());
        file.writeFully(bytes(50), 100);
        assertFalse(file.isParked());
        file.park();
        assertEquals(150, file.size());
        file.park();
        file.close();
        StorageException closed = assertThrows(StorageException.class, file::size);
        assertEquals(Kind.CLOSED, closed.kind());
    }

    @Test
    void aFileThatWasDeletedWhileItWasParkedIsNotMadeAnew() throws IOException {
        StorageFile file = create();
        file.park();
        Files.delete(path);
        assertThrows(StorageException.class, file::size);
        assertFalse(Files.exists(path));
        file.close();
    }
}
