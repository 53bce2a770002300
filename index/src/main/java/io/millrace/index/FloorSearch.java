package io.millrace.index;

import io.millrace.mapped.MappedRegion;
import org.jspecify.annotations.Nullable;

/**
 * Finds the last entry whose key is not above a target, in a mapping of entries with ascending keys. One is made for each
 * index: it holds where the key is in an entry, and no state.
 *
 * <p>Looks at the last entry first, and then where {@link KeyRanges} say. Where nothing is known yet: in the last {@value #WARM_BYTES} bytes,
 * whose pages every look-up near the tail touches and so keeps in memory; within the bracket it guesses by interpolation, which evenly
 * spaced keys answer at once. Halving bounds the probes whatever the spacing of the keys.
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

    /**
     * Searches with what earlier look-ups have met.
     *
     * @param ranges of these entries; what is known of them was taken before their number was
     */
    int floor(MappedRegion region, KeyRanges ranges, KeyRanges.@Nullable Table known, int entries, long target) {
        int last = entries - 1;
        if (last < 0) {
            return -1;
        }
        long lastKey = key(region, last);
        if (lastKey <= target) {
            return last;
        }
        if (known != null) {
            long range = known.range(target);
            if (range >= 0 && range < known.ranges()) {
                return inRange(region, known, (int) range, last, lastKey, target);
            }
        }
        ranges.missed(known, entries, key(region, 0), lastKey);
        return floor(region, entries, target);
    }

    private int inRange(MappedRegion region, KeyRanges.Table known, int range, int last, long lastKey, long target) {
        int low = known.floors[range] - 1;
        int high = known.floors[range + 1];
        if (low < 0 || high == 0) {
            return learn(region, known, range, last, lastKey, target);
        }
        // Where a truncation has just taken entries they may be fewer than was known.
        high = Math.min(high, last);
        int floor = halve(region, Math.min(low, high), high, target);
        return floor > 0 || key(region, 0) <= target ? floor : -1;
    }

    /** A range of which an end is not known yet: what is found says where it is. That of the last range is not known before it is full. */
    private int learn(MappedRegion region, KeyRanges.Table known, int range, int last, long lastKey, long target) {
        int low = known.floors[range] - 1;
        boolean isLast = known.start(range + 1) > lastKey;
        if (isLast && low >= 0) {
            return halve(region, Math.min(low, last), last, target);
        }
        int floor = floor(region, last + 1, target);
        if (floor < 0) {
            return floor;
        }
        if (low < 0) {
            known.floors[range] = floorBelow(region, floor, known.start(range)) + 1;
        }
        if (!isLast && known.floors[range + 1] == 0) {
            known.floors[range + 1] = floorAbove(region, floor, last, known.start(range + 1)) + 1;
        }
        return floor;
    }

    /** The floor of a key, which is at or below a slot; 0 where there is none. */
    private int floorBelow(MappedRegion region, int slot, long target) {
        int low = slot;
        int high = slot + 1;
        for (int step = 1; low > 0 && key(region, low) > target; step <<= 1) {
            high = low;
            low = Math.max(0, low - step);
        }
        return halve(region, low, high, target);
    }

    /** The floor of a key, which is at or above a slot. */
    private int floorAbove(MappedRegion region, int slot, int last, long target) {
        int low = slot;
        int high = slot + 1;
        for (int step = 1; high <= last && key(region, high) <= target; step <<= 1) {
            low = high;
            high = Math.min(last + 1, high + step);
        }
        return halve(region, low, high, target);
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

    /** Key of an entry. */
    long key(MappedRegion region, int slot) {
        int at = slot * entrySize + keyAt;
        return wide ? region.getLong(at) : region.getInt(at);
    }
}
