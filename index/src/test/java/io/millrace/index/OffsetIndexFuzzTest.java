package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.mapped.FileFaults;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random appends, truncations, trims and reopenings against a {@link TreeMap}. */
class OffsetIndexFuzzTest {
    private static final long BASE = 1_000_000_007L;
    private static final int ROUNDS = 30;
    private static final int STEPS = 120;

    @TempDir
    Path directory;

    private Random random;
    private OffsetIndex index;
    private final TreeMap<Long, Integer> model = new TreeMap<>();

    @Test
    void agreesWithATreeMap() {
        long seed = System.nanoTime();
        try {
            for (int round = 0; round < ROUNDS; round++) {
                random = new Random(seed + round);
                playRound(round);
            }
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    /** What look-ups remember of a large index stays right while it grows, is cut and grows again. */
    @Test
    void manyLookupsAgreeInALargeIndexOfUnevenKeys() {
        long seed = System.nanoTime();
        random = new Random(seed);
        try (OffsetIndex large = open(directory.resolve("large.index"), 8 * 60_000)) {
            index = large;
            for (int step = 0; step < 40; step++) {
                for (int i = 0; i < 6; i++) {
                    appendSome();
                }
                if (random.nextInt(8) == 0) {
                    truncate(nearby());
                }
                for (int i = 0; i < 2_000; i++) {
                    assertFloor(nearby());
                    assertFloor(last() - random.nextInt(100));
                }
            }
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    private void playRound(int round) {
        model.clear();
        Path file = directory.resolve(round + ".index");
        int maxBytes = 8 * (1 + random.nextInt(1 << (4 + random.nextInt(13))));
        index = open(file, maxBytes);
        for (int step = 0; step < STEPS; step++) {
            step(file, maxBytes);
            assertAgreement();
        }
        index.close();
    }

    private void step(Path file, int maxBytes) {
        switch (random.nextInt(10)) {
            case 0 -> truncate(nearby());
            case 1 -> reopen(file, maxBytes);
            case 2 -> index.trim();
            case 3 -> index.prepareAhead();
            case 4 -> rarelyReset();
            default -> appendSome();
        }
    }

    private void appendSome() {
        int skew = 1 + random.nextInt(20);
        for (int i = random.nextInt(400); i > 0 && !index.isFull(); i--) {
            long offset = last() + 1 + random.nextInt(1 << random.nextInt(skew));
            int position = model.isEmpty() ? 0 : model.lastEntry().getValue() + 61 + random.nextInt(300);
            index.append(offset, position);
            model.put(offset, position);
        }
    }

    private void truncate(long offset) {
        index.truncateTo(offset);
        model.tailMap(offset, true).clear();
    }

    private void rarelyReset() {
        if (random.nextInt(5) == 0) {
            index.reset();
            model.clear();
        }
    }

    private void reopen(Path file, int maxBytes) {
        index.close();
        index = open(file, maxBytes);
    }

    private void assertAgreement() {
        assertEquals(model.size(), index.entries());
        assertEquals(last(), index.lastOffset());
        index.checkAllEntries();
        for (int i = 0; i < 40; i++) {
            assertFloor(nearby());
        }
    }

    private void assertFloor(long offset) {
        Map.Entry<Long, Integer> floor = model.floorEntry(offset);
        assertEquals(floor == null ? BASE : floor.getKey(), index.floorOffset(offset));
        assertEquals(floor == null ? 0 : floor.getValue(), index.floorPosition(offset));
    }

    private long nearby() {
        long span = Math.max(10, last() - BASE);
        return BASE - 3 + (long) (random.nextDouble() * (span + 10));
    }

    private long last() {
        return model.isEmpty() ? BASE : model.lastKey();
    }

    private static OffsetIndex open(Path file, int maxBytes) {
        return OffsetIndex.open(file, BASE, maxBytes, true, FileFaults.NONE);
    }
}
