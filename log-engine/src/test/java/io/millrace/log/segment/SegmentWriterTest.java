package io.millrace.log.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The preparer is driven by hand and the time stands until it is moved, so that every way of a byte into the file is taken on purpose. */
class SegmentWriterTest {
    private static final int WINDOW = TailPreparation.LEAD_BYTES_MIN;
    private static final int LIMIT = 1 << 20;

    @TempDir
    private Path temp;

    private final ReentrantLock lock = new ReentrantLock();
    private final ByteArrayOutputStream expected = new ByteArrayOutputStream();
    private final Random random = new Random(1);
    private long nowNs;
    private boolean full;
    private PagePreparer preparer;
    private Path path;
    private StorageFile file;
    private SegmentWriter writer;

    @BeforeEach
    void open() {
        FileFaults faults = (operation, concerned, position, length) -> {
            if (full && (operation == FileFaults.Operation.WRITE || operation == FileFaults.Operation.RESERVE)) {
                throw new IOException("No space left on device");
            }
        };
        preparer = new PagePreparer(() -> nowNs, () -> {});
        path = temp.resolve("00000000000000000000.log");
        file = StorageFile.open(path, StorageFile.Mode.CREATE, faults);
        writer = new SegmentWriter(file, 0, LIMIT, preparer, lock, () -> nowNs, () -> {}, null);
        lock.lock();
    }

    @AfterEach
    void close() {
        writer.close();
        file.close();
        preparer.onClose();
        assertEquals(0, preparer.windows());
        assertEquals(0, preparer.preparedBytes());
        lock.unlock();
    }

    private void append(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        writer.append(ByteBuffer.wrap(bytes), 0, length);
        expected.writeBytes(bytes);
        assertEquals(expected.size(), writer.cursor());
    }

    private void makeBusy() {
        for (int i = 0; i < 4; i++) {
            append(100);
        }
        preparer.doWork();
        assertEquals(1, preparer.windows());
    }

    private void assertContent() throws IOException {
        byte[] onDisk = Files.readAllBytes(path);
        assertArrayEquals(expected.toByteArray(), Arrays.copyOf(onDisk, expected.size()));
        for (int i = expected.size(); i < onDisk.length; i++) {
            assertEquals(0, onDisk[i], "byte " + i + " behind the cursor");
        }
    }

    @Test
    void idleLogHoldsNoWindow() throws IOException {
        append(100);
        nowNs += TimeUnit.SECONDS.toNanos(2);
        append(100);
        preparer.doWork();
        assertEquals(0, preparer.windows());
        assertEquals(200, Files.size(path));
        assertContent();
    }

    @Test
    void busyLogGetsAWindowAndAppendsAcrossTheNextOne() throws IOException {
        makeBusy();
        while (expected.size() < 5 * WINDOW) {
            append(1 + random.nextInt(3000));
            preparer.doWork();
        }
        assertTrue(preparer.windows() >= 1);
        assertTrue(Files.size(path) > expected.size());
        assertContent();
    }

    @Test
    void channelGoesOnWherePreparationFallsBehind() throws IOException {
        makeBusy();
        while (expected.size() < 4 * WINDOW) {
            append(2000);
        }
        preparer.doWork(); // a window that the cursor has passed already
        append(2000);
        for (int i = 0; i < 100; i++) {
            append(2000);
            preparer.doWork();
        }
        assertContent();
    }

    @Test
    void largeBatchesMixWithSmallOnes() throws IOException {
        makeBusy();
        for (int i = 0; i < 10; i++) {
            append(150_000 / (i + 1));
            append(10);
            preparer.doWork();
        }
        assertContent();
    }

    @Test
    void idleLogGivesItsWindowsBackAndTrims() throws IOException {
        makeBusy();
        append(100);
        nowNs += TimeUnit.SECONDS.toNanos(2);
        preparer.doWork();
        assertEquals(1, preparer.windows());
        nowNs += TimeUnit.SECONDS.toNanos(10);
        preparer.doWork();
        assertEquals(0, preparer.windows());
        assertEquals(expected.size(), Files.size(path));
        append(100);
        assertContent();
    }

    @Test
    void writerThatIsClosedIsNeverTrimmedAgain() throws IOException {
        makeBusy();
        append(100);
        writer.close();
        Files.write(path, new byte[] {1, 2, 3}, StandardOpenOption.APPEND);
        long size = Files.size(path);
        nowNs += TimeUnit.SECONDS.toNanos(20);
        preparer.doWork();
        assertEquals(size, Files.size(path));
    }

    @Test
    void fullDiskLeavesNothingBehindTheCursor() throws IOException {
        makeBusy();
        append(100);
        full = true;
        byte[] bytes = new byte[2 * WINDOW];
        StorageException refused =
                assertThrows(StorageException.class, () -> writer.append(ByteBuffer.wrap(bytes), 0, bytes.length));
        assertEquals(StorageException.Kind.NO_SPACE, refused.kind());
        assertEquals(expected.size(), writer.cursor());
        assertEquals(expected.size(), Files.size(path));
        full = false;
        append(2 * WINDOW);
        assertContent();
    }

    @Test
    void noWindowGoesBeyondTheLimit() {
        makeBusy();
        while (expected.size() < LIMIT - 3000) {
            append(1 + random.nextInt(3000));
            preparer.doWork();
        }
        assertTrue(file.size() <= LIMIT, () -> "file of " + file.size());
    }

    /** A file of ones, of which nothing may be read behind a header of zeros. */
    private void recycle(int length) throws IOException {
        writer.close();
        byte[] stale = new byte[length];
        Arrays.fill(stale, (byte) 1);
        Files.write(path, stale);
        writer = new SegmentWriter(file, 0, LIMIT, preparer, lock, () -> nowNs, () -> {}, null);
        writer.startRecycled();
        assertEquals(1, preparer.windows());
        assertHeaderOfZeros();
    }

    private void assertHeaderOfZeros() throws IOException {
        byte[] onDisk = Files.readAllBytes(path);
        int end = expected.size();
        assertArrayEquals(expected.toByteArray(), Arrays.copyOf(onDisk, end));
        if (end + 12 <= onDisk.length) {
            assertArrayEquals(new byte[12], Arrays.copyOfRange(onDisk, end, end + 12));
        }
    }

    @Test
    void recycledFileHasAHeaderOfZerosBehindTheCursor() throws IOException {
        recycle(8 * WINDOW);
        while (expected.size() < 7 * WINDOW) {
            append(1 + random.nextInt(30_000));
            if (random.nextBoolean()) {
                preparer.doWork();
            }
            assertHeaderOfZeros();
        }
        assertTrue(Files.size(path) >= 8 * WINDOW);
        writer.truncate(expected.size());
        assertEquals(expected.size(), Files.size(path));
    }

    @Test
    void recycledFileIsGoneBeyond() throws IOException {
        recycle(2 * WINDOW + 1234);
        while (expected.size() < 6 * WINDOW) {
            append(1 + random.nextInt(5_000));
            preparer.doWork();
            assertHeaderOfZeros();
        }
        writer.close();
        assertContent();
    }

    @Test
    void idleLogCutsTheRestOfARecycledFileOff() throws IOException {
        recycle(4 * WINDOW);
        append(100);
        nowNs += TimeUnit.SECONDS.toNanos(2);
        preparer.doWork();
        nowNs += TimeUnit.SECONDS.toNanos(10);
        preparer.doWork();
        assertEquals(100, Files.size(path));
        assertContent();
    }

    @Test
    void recycledFileThatCannotBeMappedIsEmptied() throws IOException {
        while (preparer.reserve(1 << 20)) {
            // the budget is used up
        }
        long windows = preparer.windows();
        writer.close();
        Files.write(path, new byte[4 * WINDOW]);
        writer = new SegmentWriter(file, 0, LIMIT, preparer, lock, () -> nowNs, () -> {}, null);
        writer.startRecycled();
        assertEquals(0, Files.size(path));
        append(100);
        assertContent();
        for (long i = 0; i < windows; i++) {
            preparer.unreserve(1 << 20);
        }
    }

    @Test
    void truncationDropsWindowsAndGoesOn() throws IOException {
        makeBusy();
        append(5000);
        writer.truncate(1000);
        assertEquals(0, preparer.windows());
        assertEquals(1000, Files.size(path));
        byte[] kept = Arrays.copyOf(expected.toByteArray(), 1000);
        expected.reset();
        expected.writeBytes(kept);
        append(100);
        preparer.doWork();
        append(100);
        assertContent();
    }

    @Test
    void closeTrims() throws IOException {
        makeBusy();
        append(100);
        writer.close();
        assertEquals(expected.size(), Files.size(path));
        assertContent();
    }
}
