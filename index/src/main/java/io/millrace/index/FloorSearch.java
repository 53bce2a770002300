package io.millrace.index;

import io.millrace.mapped.MappedRegion;

/**
 * Finds the last entry whose key is not above a target, in a mapping of entries with ascending keys. One is made for each
 * index: it holds where the key is in an entry, and no state.
 *
 * <p>Looks first where look-ups mostly are: the last entry, then the last {@value #WARM_BYTES} bytes, whose pages every
 * look-up near the tail touches and so keeps in memory. Within the bracket it guesses by interpolation, which evenly
 * spaced keys answer at once, closes in from both sides of the guess, and falls back to halving, which bounds the probes
 * whatever the spacing of the keys.
 *
 * <p>Keys that are out of order, as a truncation under a reader can show them, lead to a wrong slot, never to an error or
 * an endless loop. Allocates nothing.
 */
final class FloorSearch {
    /** Two pages: the warm section then spans three pages at most, and each look-up in it touches all of them. */
    private static final int WARM_BYTES = 8192;
    /** Rounds of guessing before halving takes over; a good one leaves 1 part in {@value #SLACK_PARTS} of the bracket. */
    private static final int GUESSES_MAX = 4;
    /** How far beyond the guess the other end of the new bracket is: the bracket's length by this. */
    private static final int SLACK_PARTS = 32;
    /** Up to this many entries six halvings are no dearer than a guess: measured against 1024, and against guessing never. */
    private static final int HALVING_ENTRIES = 64;

    private final int entrySize;
    private final int keyAt;
    private final boolean wide;

    /**
     * A search by one kind of key.
     *
     * @param entrySize bytes of an entry
     * @param keyAt position of the key in an entry
     * @param wide whether the key has eight bytes, or four
     */
    FloorSearch(int entrySize, int keyAt, boolean wide) {
        this.entrySize = entrySize;
        this.keyAt = keyAt;
        this.wide = wide;
    }

    /**
     * Searches.
     *
     * @param region entries from its first byte on
     * @param entries number of entries
     * @param target the key looked for
     * @return slot of the last entry whose key is at most {@code target}, -1 if there is none
     */
    int floor(MappedRegion region, int entries, long target) {
        int last = entries - 1;
        if (last < 0) {
            return -1;
        }
        long lastKey = key(region, last);
        if (lastKey <= target) {
            return last;
        }
        int warm = Math.max(0, last - WARM_BYTES / entrySize);
        long warmKey = key(region, warm);
        if (warmKey <= target) {
            return between(region, warm, warmKey, last, lastKey, target);
        }
        long firstKey = key(region, 0);
        return firstKey > target ? -1 : between(region, 0, firstKey, warm, warmKey, target);
    }

    /** Narrows {@code key(low) <= target < key(high)}. */
    private int between(MappedRegion region, int low, long lowKey, int high, long highKey, long target) {
        for (int guesses = 0; guesses < GUESSES_MAX && high - low > HALVING_ENTRIES; guesses++) {
            int slack = (high - low) / SLACK_PARTS;
            int guess = low + (int) ((double) (target - lowKey) / (double) (highKey - lowKey) * (high - low));
            int probe = Math.max(low, Math.min(high - 1, guess));
            boolean below = key(region, probe) <= target;
            if (below && key(region, probe + 1) > target) {
                return probe;
            }
            int beyond = below ? Math.min(high, probe + 1 + slack) : Math.max(low, probe - slack);
            boolean beyondBelow = key(region, beyond) <= target;
            low = below ? probe + 1 : low;
            high = below ? high : probe;
            low = beyondBelow ? Math.max(low, beyond) : low;
            high = beyondBelow ? high : Math.min(high, beyond);
            lowKey = key(region, low);
            highKey = key(region, high);
        }
        return halve(region, low, high, target);
    }

    /** Without a branch that depends on a key, which the processor would guess wrongly every other time. */
    private int halve(MappedRegion region, int low, int high, long target) {
        int floor = low;
        for (int length = high - low; length > 1; ) {
            int half = length >>> 1;
            int middle = floor + half;
            floor = key(region, middle) <= target ? middle : floor;
            length -= half;
        }
        return floor;
    }

    private long key(MappedRegion region, int slot) {
        int at = slot * entrySize + keyAt;
        return wide ? region.getLong(at) : region.getInt(at);
    }
}
