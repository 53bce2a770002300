package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.StorageException;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A reader of the files against a writer that is stopped at every bad moment: pieces of a batch arrive in any order, reservations come and
 * are trimmed, segments roll and are deleted under the reader, files hold whole batches of an older segment, a torn batch is cut and written
 * again. The reader never shows a record that is not whole, never a wrong one, none twice, and all in the end.
 */
class TornTailReaderFuzzTest {
    private static final int HISTORIES = 10;
    private static final int STEPS = 400;
    private static final int ZEROS_BEHIND = 16;

    @TempDir
    private Path temp;

    @Test
    void aReaderNeverShowsWhatIsNotWhole() {
        long base = System.nanoTime();
        for (int i = 0; i < HISTORIES; i++) {
            long seed = base + i;
            System.out.println("TornTailReaderFuzzTest seed=" + seed);
            try (History history = new History(temp.resolve("h" + i), seed)) {
                history.run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed=" + seed, e);
            }
        }
    }

    /** A writer that is made of loose bytes, and a reader. */
    private static final class History implements AutoCloseable {
        private final Random random;
        private final Path directory;
        private final ReadOnlyStore store;
        private final Tailer tailer;
        private RandomAccessFile file;
        private long position;
        private long written; // offsets that are whole in the files
        private long visible; // those of which no byte is missing that is not a zero anyhow
        private long read;
        private final List<Long> bases = new ArrayList<>();

        History(Path temp, long seed) {
            random = new Random(seed);
            directory = temp.resolve("log-0");
            store = LogStore.openReadOnly(temp);
            tailer = store.log("log").tailer().build();
            look();
            try {
                Files.createDirectories(directory);
                roll();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void run() {
            try {
                for (int i = 0; i < STEPS; i++) {
                    step();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Stores.await("the reader reads all", () -> {
                look();
                return read == written;
            });
        }

        private void step() throws IOException {
            switch (random.nextInt(20)) {
                case 0 -> roll();
                case 1 -> deleteOldest();
                case 2, 3 -> reserve();
                case 4 -> trim();
                case 5 -> tearAndRecover();
                default -> append();
            }
            if (random.nextInt(3) > 0) {
                look();
            }
        }

        private ByteBuffer batch() {
            RecordBatchBuilder builder =
                    new RecordBatchBuilder().baseOffset(written).leaderEpoch(0);
            int count = 1 + random.nextInt(5);
            for (int i = 0; i < count; i++) {
                int length = random.nextInt(10) == 0 ? 9000 : random.nextInt(300);
                builder.add(Stores.TIME, null, Stores.bytes((written + i) + " " + "y".repeat(length)));
            }
            return builder.build();
        }

        private void append() throws IOException {
            ByteBuffer batch = batch();
            writeZerosBehind(batch.limit());
            writePieces(batch, Integer.MAX_VALUE);
            position += batch.limit();
            written += RecordBatchDescriptor.recordsCount(batch, 0);
            visible = written;
        }

        /** Where a file is used again there is no batch right behind the one that is written, whatever stands further on. */
        private void writeZerosBehind(int length) throws IOException {
            if (file.length() > position + length) {
                file.seek(position + length);
                file.write(new byte[(int) Math.min(ZEROS_BEHIND, file.length() - position - length)]);
            }
        }

        /** A file that is used again: batches of a segment that went, whole, with the offsets they had, behind a few zeros. */
        private void fillWithOldBatches() throws IOException {
            long offset = Math.max(0, written - 100 - random.nextInt(1000));
            file.seek(0);
            while (file.length() < 64 << 10) {
                RecordBatchBuilder builder =
                        new RecordBatchBuilder().baseOffset(offset).leaderEpoch(0);
                builder.add(Stores.TIME, null, Stores.bytes("old " + "z".repeat(random.nextInt(300))));
                ByteBuffer batch = builder.build();
                file.write(batch.array(), batch.arrayOffset(), batch.limit());
                offset = Math.min(offset + 1, Math.max(0, written - 1));
            }
            file.seek(0);
            file.write(new byte[ZEROS_BEHIND]);
        }

        /** The pieces of a batch in any order, with a look in between; not more than so many of them. */
        private void writePieces(ByteBuffer batch, int piecesMax) throws IOException {
            List<int[]> pieces = new ArrayList<>();
            for (int at = 0; at < batch.limit(); ) {
                int length = Math.min(batch.limit() - at, 1 + random.nextInt(random.nextBoolean() ? 20 : 5000));
                pieces.add(new int[] {at, length});
                at += length;
            }
            if (random.nextBoolean()) {
                Collections.shuffle(pieces, random);
            }
            int count = 0;
            for (int[] piece : pieces) {
                if (count++ == piecesMax) {
                    return;
                }
                file.seek(position + piece[0]);
                file.write(batch.array(), batch.arrayOffset() + piece[0], piece[1]);
                if (pieces.subList(count, pieces.size()).stream()
                        .allMatch(rest -> isZero(batch, rest) || isThere(batch, rest))) {
                    visible = written + RecordBatchDescriptor.recordsCount(batch, 0);
                }
                if (count < pieces.size() && random.nextInt(pieces.size()) < 3) {
                    look();
                }
            }
        }

        /** A file that is used again may hold the very bytes. */
        private boolean isThere(ByteBuffer batch, int[] piece) {
            byte[] found = new byte[piece[1]];
            try {
                file.seek(position + piece[0]);
                file.readFully(found);
            } catch (EOFException e) {
                return false;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return ByteBuffer.wrap(found).equals(batch.slice(piece[0], piece[1]));
        }

        private static boolean isZero(ByteBuffer batch, int[] piece) {
            for (int i = 0; i < piece[1]; i++) {
                if (batch.get(piece[0] + i) != 0) {
                    return false;
                }
            }
            return true;
        }

        /** The writer dies inside a batch; the next one cuts what is torn, and writes something else there. */
        private void tearAndRecover() throws IOException {
            ByteBuffer batch = batch();
            int pieces = 1 + random.nextInt(3);
            writeZerosBehind(batch.limit());
            writePieces(shorter(batch), pieces);
            visible = written;
            look();
            file.setLength(position);
            look();
        }

        /** Never whole: its last bytes are missing, of which the very last is a zero that a reservation would supply. */
        private static ByteBuffer shorter(ByteBuffer batch) {
            byte[] bytes = new byte[batch.limit() - 3];
            batch.get(0, bytes);
            return ByteBuffer.wrap(bytes);
        }

        private void reserve() throws IOException {
            long end = position + (64 << 10) + random.nextInt(64 << 10);
            file.setLength(Math.max(end, file.length()));
        }

        private void trim() throws IOException {
            file.setLength(position);
        }

        private void roll() throws IOException {
            if (!bases.isEmpty() && bases.get(bases.size() - 1) == written) {
                return;
            }
            RandomAccessFile old = file;
            long oldEnd = position;
            Path path = SegmentFiles.path(directory, written, SegmentFiles.LOG);
            if (bases.size() > 2 && random.nextInt(3) == 0) {
                useOldestAgain(path);
            }
            file = new RandomAccessFile(path.toFile(), "rw");
            if (written > 0 && random.nextBoolean()) {
                fillWithOldBatches();
            }
            bases.add(written);
            position = 0;
            if (old != null) {
                look();
                if (random.nextInt(4) > 0) {
                    old.setLength(oldEnd);
                }
                old.close();
            }
        }

        /** The file of the oldest segment becomes that of the next one, with the bytes that it has, while the reader may be inside. */
        private void useOldestAgain(Path path) throws IOException {
            Path oldest = SegmentFiles.path(directory, bases.remove(0), SegmentFiles.LOG);
            try (RandomAccessFile raw = new RandomAccessFile(oldest.toFile(), "rw")) {
                raw.write(new byte[ZEROS_BEHIND]);
            }
            Files.move(oldest, path);
        }

        private void deleteOldest() throws IOException {
            if (bases.size() > 1) {
                Path oldest = SegmentFiles.path(directory, bases.remove(0), SegmentFiles.LOG);
                Files.move(oldest, oldest.resolveSibling(oldest.getFileName() + SegmentFiles.DELETED));
            }
        }

        private void look() {
            for (int i = random.nextInt(8); i >= 0; i--) {
                while (tailer.next()) {
                    long offset = tailer.record().offset();
                    assertTrue(offset < visible, () -> offset + " is not whole: " + visible);
                    assertTrue(offset >= read, () -> offset + " again, after " + read);
                    if (offset > read) {
                        assertTrue(offset <= bases.get(0) || tailer.skipped() > 0, () -> read + " was passed over");
                    }
                    String value = tailer.record().valueText();
                    assertEquals(String.valueOf(offset), value.substring(0, value.indexOf(' ')));
                    read = offset + 1;
                }
            }
        }

        @Override
        public void close() {
            tailer.close();
            store.close();
            try {
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A flipped bit is not "not yet" when the writer has gone on: it is reported, whichever bit it is, and no record is shown. */
    @Test
    void damageIsReportedWhenTheWriterHasGoneOn() throws IOException {
        long seed = System.nanoTime();
        System.out.println("TornTailReaderFuzzTest damage seed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 8; round++) {
            Path directory = temp.resolve("d" + round);
            long damaged;
            try (LogStore writer = LogStore.open(directory)) {
                Stores.appendMany(writer.log("log"), 0, 20);
                try (BatchTailer batches =
                        writer.log("log").tailer().fromOffset(10).buildBatches()) {
                    assertTrue(batches.next());
                    damaged = sizeOfTen(directory) + random.nextInt(batches.sizeInBytes());
                }
            }
            // The length of a batch decides where the next one is looked for: the writer cannot be seen to go on. It is
            // told by a roll.
            flip(directory, damaged, random.nextInt(8));
            Files.createFile(SegmentFiles.path(directory.resolve("log-0"), 20, SegmentFiles.LOG));
            try (ReadOnlyStore reader = LogStore.openReadOnly(directory);
                    Tailer tailer = reader.log("log").tailer().build()) {
                List<Long> seen = new ArrayList<>();
                StorageException found = assertThrows(
                        StorageException.class,
                        () -> Stores.await("damage or its end", () -> {
                            while (tailer.next()) {
                                seen.add(tailer.record().offset());
                            }
                            return seen.size() > 10;
                        }),
                        "seed=" + seed + " round=" + round + " at=" + damaged);
                assertEquals(StorageException.Kind.DAMAGED, found.kind());
                assertEquals(10, seen.size());
            } catch (AssertionError e) {
                if (!isOutsideChecksum(directory, damaged)) {
                    throw e;
                }
            }
        }
    }

    private static long sizeOfTen(Path directory) {
        long bytes = 0;
        try (ReadOnlyStore reader = LogStore.openReadOnly(directory);
                BatchTailer batches = reader.log("log").tailer().buildBatches()) {
            while (batches.nextOffset() < 10 && batches.next()) {
                bytes += batches.sizeInBytes();
            }
        }
        return bytes;
    }

    /** The leader epoch is used by nobody here and stands outside the checksum. */
    private static boolean isOutsideChecksum(Path directory, long damaged) {
        long at = damaged - sizeOfTen(directory);
        return at >= RecordBatchDescriptor.LEADER_EPOCH && at < RecordBatchDescriptor.MAGIC;
    }

    private static void flip(Path directory, long at, int bit) throws IOException {
        Path path = SegmentFiles.path(directory.resolve("log-0"), 0, SegmentFiles.LOG);
        try (RandomAccessFile raw = new RandomAccessFile(path.toFile(), "rw")) {
            raw.seek(at);
            int value = raw.read();
            raw.seek(at);
            raw.write(value ^ (1 << bit));
        }
    }
}
