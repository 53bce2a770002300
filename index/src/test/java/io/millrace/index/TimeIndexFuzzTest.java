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
class TimeIndexFuzzTest {
    private static final long BASE = 4_000_000_000L;
    private static final int ROUNDS = 30;
    private static final int STEPS = 120;

    @TempDir
    Path directory;

    private Random random;
    private TimeIndex index;
    private final TreeMap<Long, Long> model = new TreeMap<>();

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

    private void playRound(int round) {
        model.clear();
        Path file = directory.resolve(round + ".timeindex");
        int maxBytes = 12 * (2 + random.nextInt(1 << (4 + random.nextInt(13))));
        index = open(file, maxBytes);
        for (int step = 0; step < STEPS; step++) {
            step(file, maxBytes);
            assertAgreement();
        }
        index.close();
    }

    private void step(Path file, int maxBytes) {
        switch (random.nextInt(10)) {
            case 0 -> truncate(BASE + random.nextInt(1 + (int) (index.lastOffset() - BASE)));
            case 1 -> reopen(file, maxBytes);
            case 2 -> index.trim();
            case 3 -> index.prepareAhead();
            default -> appendSome();
        }
    }

    private void appendSome() {
        long stretch = 1L << random.nextInt(40);
        for (int i = random.nextInt(400); i > 0 && !index.isFull(); i--) {
            long timestamp = lastTimestamp() + (long) (random.nextDouble() * stretch);
            long offset = index.lastOffset() + random.nextInt(3);
            index.maybeAppend(timestamp, offset, false);
            if (timestamp > lastTimestamp()) {
                model.put(timestamp, offset);
            }
        }
    }

    private void truncate(long offset) {
        index.truncateTo(offset);
        model.values().removeIf(indexed -> indexed >= offset);
    }

    private void reopen(Path file, int maxBytes) {
        index.close();
        index = open(file, maxBytes);
    }

    private void assertAgreement() {
        assertEquals(model.size(), index.entries());
        assertEquals(lastTimestamp(), index.lastTimestamp());
        index.checkAllEntries();
        for (int i = 0; i < 40; i++) {
            long timestamp = (long) (random.nextDouble() * (lastTimestamp() + 10)) - 3;
            Map.Entry<Long, Long> floor = model.floorEntry(timestamp);
            assertEquals(floor == null ? BASE : floor.getValue(), index.floorOffset(timestamp));
            assertEquals(floor == null ? TimeIndex.NO_TIMESTAMP : floor.getKey(), index.floorTimestamp(timestamp));
        }
    }

    private long lastTimestamp() {
        return model.isEmpty() ? TimeIndex.NO_TIMESTAMP : model.lastKey();
    }

    private static TimeIndex open(Path file, int maxBytes) {
        return TimeIndex.open(file, BASE, maxBytes, true, FileFaults.NONE);
    }
}
