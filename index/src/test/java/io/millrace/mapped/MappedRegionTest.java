package io.millrace.mapped;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedRegionTest {
    private static final int LENGTH = 64 * 1024;

    @TempDir
    Path directory;

    private Path path;
    private StorageFile file;

    @BeforeEach
    void openFile() {
        path = directory.resolve("file");
        file = StorageFile.open(path, StorageFile.Mode.CREATE, FileFaults.NONE);
        file.reserve(0, LENGTH);
    }

    @AfterEach
    void closeFile() {
        file.close();
    }

    @Test
    void storesAreInTheFileBigEndian() throws IOException {
        try (MappedRegion region = MappedRegion.map(file, 0, LENGTH, true)) {
            region.putLong(1, 0x0102030405060708L);
            region.putInt(9, 0x090A0B0C);
            region.force(0, 4096);
        }
        byte[] bytes = Files.readAllBytes(path);
        for (int i = 1; i <= 12; i++) {
            assertEquals(i, bytes[i]);
        }
    }

    @Test
    void whatIsLetGoIsStillInTheFile() throws IOException {
        try (MappedRegion region = MappedRegion.map(file, 100, LENGTH - 100, true)) {
            for (int at = 0; at + Long.BYTES <= region.length(); at += Long.BYTES) {
                region.putLong(at, at);
            }
            region.letGo(0, 10_000);
            region.letGo(10_000, region.length() - 10_000);
            assertTrue(region.isInCache());
            for (int at = 0; at + Long.BYTES <= region.length(); at += Long.BYTES) {
                assertEquals(at, region.getLong(at));
            }
        }
    }

    @Test
    void positionsNeedNotBePageAligned() {
        file.writeFully(ByteBuffer.allocate(16).putLong(0, 77), 5000);
        try (MappedRegion region = MappedRegion.map(file, 5000, 20_000, true)) {
            assertEquals(5000, region.position());
            assertEquals(20_000, region.length());
            assertEquals(77, region.getLong(0));
            region.adviseRandom();
            region.populateWrite(17, 19_000);
            assertEquals(77, region.getLong(0));
            region.force(3, 1000);
        }
    }

    @Test
    void bytesGoInAndOut() {
        try (MappedRegion region = MappedRegion.map(file, 0, LENGTH, true)) {
            ByteBuffer source = ByteBuffer.allocateDirect(100).putInt(10, 1).putInt(14, 2);
            region.putBytes(300, source, 10, 8);
            assertEquals(0, source.position());
            assertEquals(1, region.getInt(300));
            ByteBuffer target = ByteBuffer.allocate(8);
            region.getBytes(300, target);
            assertEquals(8, target.position());
            assertEquals(2, target.getInt(4));
        }
    }

    @Test
    void theViewIsTheMemoryItselfAndReadOnly() {
        try (MappedRegion region = MappedRegion.map(file, 0, LENGTH, true)) {
            ByteBuffer view = region.readOnlyView(100, 8);
            region.putLong(100, 42);
            assertEquals(42, view.getLong(0));
            assertEquals(8, view.remaining());
            assertThrows(ReadOnlyBufferException.class, () -> view.putInt(0, 1));
        }
    }

    @Test
    void everyAccessAfterTheCloseFails() {
        MappedRegion region = MappedRegion.map(file, 0, LENGTH, true);
        region.close();
        region.close();
        assertTrue(region.isClosed());
        assertThrows(IndexOutOfBoundsException.class, () -> region.getLong(0));
        assertThrows(IndexOutOfBoundsException.class, () -> region.putInt(0, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> region.readOnlyView(0, 1));
    }

    @Test
    void accessesStayInside() {
        try (MappedRegion region = MappedRegion.map(file, 0, 100, true)) {
            assertThrows(IndexOutOfBoundsException.class, () -> region.getLong(93));
            assertThrows(IndexOutOfBoundsException.class, () -> region.putInt(-1, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> region.putBytes(90, ByteBuffer.allocate(20), 0, 20));
        }
    }

    @Test
    void populatesWhereTheKernelCan() throws Exception {
        Posix posix = Posix.awaitInstance();
        try (MappedRegion region = MappedRegion.map(file, 0, LENGTH, true)) {
            region.putLong(8000, 5);
            boolean populated = region.populateWrite(0, LENGTH);
            assertTrue(
                    populated || posix == null || !System.getProperty("os.name").equals("Linux"));
            assertEquals(5, region.getLong(8000));
        }
    }

    @Test
    void aWritableMappingPastTheEndExtendsTheFileByAHole() {
        MappedRegion.map(file, 0, 4 * LENGTH, true).close();
        assertEquals(4 * LENGTH, file.size());
    }

    @Test
    void aFaultInAnAccessNamesTheFile() {
        try (MappedRegion region = MappedRegion.map(file, 4096, 100, true)) {
            StorageException failed = region.accessFailed(new InternalError("a fault occurred"));
            assertEquals(StorageException.Kind.IO, failed.kind());
            assertEquals(path, failed.file());
            assertEquals(4096, failed.position());
        }
    }

    @Test
    void failuresOfMapAndForceAreStorageExceptions() {
        FileFaults failing = (operation, path, position, length) -> {
            if (operation == FileFaults.Operation.FORCE) {
                throw new IOException("Input/output error");
            }
        };
        try (StorageFile bad = StorageFile.open(path, StorageFile.Mode.READ_WRITE, failing);
                MappedRegion region = MappedRegion.map(bad, 0, 100, true)) {
            assertThrows(StorageException.class, () -> region.force(0, 100));
            assertThrows(StorageException.class, () -> bad.force(false));
        }
        try (StorageFile readable = StorageFile.open(path, StorageFile.Mode.READ, FileFaults.NONE)) {
            assertThrows(RuntimeException.class, () -> MappedRegion.map(readable, 0, 100, true));
        }
    }
}
