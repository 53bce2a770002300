package io.millrace.log.simulation;

import java.util.Random;

/**
 * How much of what was not forced a crash takes.
 *
 * @param keptPages share of the pages that reach the disk whole
 * @param tornPages share of the others of which some sectors do
 * @param keptChanges how a directory's changes and a file's cuts are kept: 0 none, 1 all, between them a random prefix
 */
record CrashStyle(double keptPages, double tornPages, double keptChanges) {
    /** The power goes, and nothing that was not forced was ever written. */
    static final CrashStyle NOTHING_KEPT = new CrashStyle(0, 0, 0);
    /** Everything happens to have been written. */
    static final CrashStyle ALL_KEPT = new CrashStyle(1, 0, 1);

    static CrashStyle random(Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> NOTHING_KEPT;
            case 1 -> ALL_KEPT;
            case 2 -> new CrashStyle(random.nextDouble() * 0.2, 0.9, 0.5); // nearly every page in flight is torn
            case 3 -> new CrashStyle(random.nextDouble(), 0, random.nextInt(3) / 2.0);
            default -> new CrashStyle(random.nextDouble(), random.nextDouble(), 0.5);
        };
    }

    boolean keepsPage(Random random) {
        return random.nextDouble() < keptPages;
    }

    boolean tearsPage(Random random) {
        return random.nextDouble() < tornPages;
    }

    /** Of so many changes in a row, how many are kept. */
    int keptOf(int count, Random random) {
        if (keptChanges == 0 || count == 0) {
            return 0;
        }
        return keptChanges == 1 ? count : random.nextInt(count + 1);
    }
}
