package io.millrace.index;

import io.millrace.mapped.MappedRegion;

/**
 * Finds the last entry whose key is not above a target, in a mapping of entries with ascending keys.
 *
 * <p>Looks first where look-ups mostly are: the last entry, then the last {@value #WARM_BYTES} bytes, whose pages every
 * look-up near the tail touches and so keeps in memory. Within the bracket it guesses by interpolation, which on evenly
 * spaced entries needs one or two probes, and falls back to halving, which bounds the probes whatever the spacing.
 *
 * <p>Keys that are torn or out of order, as a truncation under a reader can show them, lead to a wrong slot, never to an
 * error or an endless loop. Allocates nothing.
 */
final class FloorSearch {
    /** Two pages: the warm section then spans three pages at most, and each look-up in it touches all of them. */
    private static final int WARM_BYTES = 8192;
    /** Guesses before halving takes over. */
    private static final int GUESSES_MAX = 4;

    private FloorSearch() {}

    /**
     * Searches.
     *
     * @param region entries from its first byte on
     * @param entries number of entries
     * @param entrySize bytes of an entry
     * @param keyAt position of the key in an entry
     * @param wide whether the key has eight bytes, or four
     * @param target the key looked for
     * @return slot of the last entry whose key is at most {@code target}, -1 if there is none
     */
    static int floor(MappedRegion region, int entries, int entrySize, int keyAt, boolean wide, long target) {
        int high = entries - 1;
        if (high < 0) {
            return -1;
        }
        long highKey = key(region, high * entrySize + keyAt, wide);
        if (highKey <= target) {
            return high;
        }
        int low = Math.max(0, high - WARM_BYTES / entrySize);
        long lowKey = key(region, low * entrySize + keyAt, wide);
        if (lowKey > target) {
            high = low;
            highKey = lowKey;
            low = 0;
            lowKey = key(region, keyAt, wide);
            if (lowKey > target) {
                return -1;
            }
        }
        // From here on: key(low) <= target < key(high).
        for (int guesses = 0; high - low > 1; guesses++) {
            int probe = guesses < GUESSES_MAX ? guess(low, lowKey, high, highKey, target) : (low + high) >>> 1;
            long probeKey = key(region, probe * entrySize + keyAt, wide);
            if (probeKey <= target) {
                low = probe;
                lowKey = probeKey;
                long nextKey = key(region, (probe + 1) * entrySize + keyAt, wide);
                if (nextKey > target) {
                    return probe;
                }
            } else {
                high = probe;
                highKey = probeKey;
                long previousKey = key(region, (probe - 1) * entrySize + keyAt, wide);
                if (previousKey <= target) {
                    return probe - 1;
                }
            }
        }
        return low;
    }

    /** Between the two exclusively, where the target would be if keys were evenly spaced. */
    private static int guess(int low, long lowKey, int high, long highKey, long target) {
        double share = (double) (target - lowKey) / (double) (highKey - lowKey);
        int probe = low + (int) (share * (high - low));
        return Math.max(low + 1, Math.min(high - 1, probe));
    }

    private static long key(MappedRegion region, int at, boolean wide) {
        return wide ? region.getLong(at) : region.getInt(at);
    }
}
