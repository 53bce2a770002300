package io.millrace.mapped;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UncachedFileTest {
    private static final long SEED = 20261122;

    @TempDir
    private Path directory;

    private Path file(int bytes) throws IOException {
        byte[] content = new byte[bytes];
        new Random(SEED).nextBytes(content);
        return Files.write(directory.resolve("f"), content);
    }

    @Test
    void readsAnyStretchAsItIs() throws IOException {
        Path path = file(700_001);
        byte[] content = Files.readAllBytes(path);
        Random random = new Random(SEED);
        try (UncachedFile file = UncachedFile.open(path, FileFaults.NONE)) {
            for (int i = 0; i < 300; i++) {
                int from = random.nextInt(content.length + 5_000);
                ByteBuffer target = ByteBuffer.allocate(random.nextInt(i % 10 == 0 ? 600_000 : 5_000));
                int expected = Math.max(0, Math.min(target.capacity(), content.length - from));
                assertEquals(expected, file.readFully(target, from), "from " + from);
                byte[] read = Arrays.copyOf(target.array(), expected);
                assertArrayEquals(
                        Arrays.copyOfRange(
                                content, Math.min(from, content.length), Math.min(from, content.length) + expected),
                        read);
            }
        }
    }

    /** What a store through a mapping has made is seen, though it has not been forced. */
    @Test
    void seesWhatIsInThePageCacheOnly() throws IOException {
        Path path = file(10_000);
        try (StorageFile written = StorageFile.open(path, StorageFile.Mode.READ_WRITE, FileFaults.NONE);
                MappedRegion region = MappedRegion.map(written, 0, 10_000, true);
                UncachedFile file = UncachedFile.open(path, FileFaults.NONE)) {
            region.putLong(5_000, 42);
            ByteBuffer target = ByteBuffer.allocate(Long.BYTES);
            file.readFully(target, 5_000);
            assertEquals(42, target.getLong(0));
        }
    }

    @Test
    void anEmptyFileHasNothing() throws IOException {
        try (UncachedFile file = UncachedFile.open(file(0), FileFaults.NONE)) {
            assertEquals(0, file.readFully(ByteBuffer.allocate(10), 0));
        }
    }

    @Test
    void aMissingFileIsAFailure() {
        StorageException failed = assertThrows(
                StorageException.class, () -> UncachedFile.open(directory.resolve("none"), FileFaults.NONE));
        assertEquals(StorageException.Kind.IO, failed.kind());
    }
}
