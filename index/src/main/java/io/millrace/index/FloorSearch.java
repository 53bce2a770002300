package io.millrace.index;

import io.millrace.mapped.MappedRegion;
import org.jspecify.annotations.Nullable;

/**
 * Finds the last entry whose key is not above a target, in a mapping of entries with ascending keys. One is made for each
 * index: it holds where the key is in an entry, and no state.
 *
 * <p>Looks first where look-ups mostly are: the last entry, then the last {@value #WARM_BYTES} bytes, whose pages every
 * look-up near the tail touches and so keeps in memory. Within the bracket it guesses by interpolation, which evenly
 * spaced keys answer at once. From a guess that missed it walks: in a large bracket over {@link KeySamples} and then, from
 * another guess between two of those, over entries. A walk that gets long falls back to halving, which bounds the probes
 * whatever the spacing of the keys.
 *
 * <p>Keys that are out of order, as a truncation under a reader can show them, lead to a wrong slot, never to an error or
 * an endless loop. Allocates nothing.
 */
final class FloorSearch {
    /** Two pages: the warm section then spans three pages at most, and each look-up in it touches all of them. */
    private static final int WARM_BYTES = 8192;
    /** No more entries than this are in the warm section, whatever their size. */
    private static final int WARM_ENTRIES_MAX = WARM_BYTES / Long.BYTES;
    /** Rounds of guessing before halving takes over; a good one leaves 1 part in {@value #SLACK_PARTS} of the bracket. */
    private static final int GUESSES_MAX = 4;
    /** How far beyond the guess the other end of the new bracket is: the bracket's length by this. */
    private static final int SLACK_PARTS = 32;
    /** Up to this many entries six halvings are no dearer than a guess: measured against 1024, and against guessing never. */
    private static final int HALVING_ENTRIES = 64;
    /** Steps of a walk before halving takes over: keys in random distances are found in some four. */
    private static final int STEPS_MAX = 16;

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
        return floor(region, null, entries, target);
    }

    /**
     * Searches with what earlier look-ups have met.
     *
     * @param samples of these entries, taken before their number was; null or too short where there are none yet
     */
    int floor(MappedRegion region, long @Nullable [] samples, int entries, long target) {
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
            return between(region, samples, warm, warmKey, last, lastKey, target);
        }
        long firstKey = key(region, 0);
        return firstKey > target ? -1 : between(region, samples, 0, firstKey, warm, warmKey, target);
    }

    /** Narrows {@code key(low) <= target < key(high)}. */
    private int between(
            MappedRegion region, long @Nullable [] samples, int low, long lowKey, int high, long highKey, long target) {
        if (high - low <= WARM_ENTRIES_MAX || samples == null || samples.length <= high >>> KeySamples.DISTANCE_BITS) {
            return between(region, low, lowKey, high, highKey, target);
        }
        int guess = guess(low, lowKey, high, highKey, target);
        if (key(region, guess) <= target && key(region, guess + 1) > target) {
            return guess;
        }
        int sample = floorSample(region, samples, low, high, guess, target);
        int from = Math.max(low, sample << KeySamples.DISTANCE_BITS);
        int to = Math.min(high, (sample + 1) << KeySamples.DISTANCE_BITS);
        long fromKey = from == low ? lowKey : KeySamples.key(samples, sample, this, region);
        long toKey = to == high ? highKey : KeySamples.key(samples, sample + 1, this, region);
        return walk(region, from, to, guess(from, fromKey, to, toKey, target), target);
    }

    /** A slot below {@code high}; keys that are out of order lead to any. */
    private static int guess(int low, long lowKey, int high, long highKey, long target) {
        int guess = low + (int) ((double) (target - lowKey) / (double) (highKey - lowKey) * (high - low));
        return Math.max(low, Math.min(high - 1, guess));
    }

    /** The last sample whose key is not above the target; where that is the one before the first one inside, one below it. */
    private int floorSample(MappedRegion region, long[] samples, int low, int high, int guess, long target) {
        int first = (low + KeySamples.DISTANCE - 1) >>> KeySamples.DISTANCE_BITS;
        int last = (high - 1) >>> KeySamples.DISTANCE_BITS;
        int at = Math.max(first, Math.min(last, guess >>> KeySamples.DISTANCE_BITS));
        if (KeySamples.key(samples, at, this, region) <= target) {
            int end = Math.min(last, at + STEPS_MAX);
            while (at < end && KeySamples.key(samples, at + 1, this, region) <= target) {
                at++;
            }
            return at < end || at == last ? at : halveSamples(region, samples, at, last + 1, target);
        }
        int end = Math.max(first - 1, at - STEPS_MAX);
        do {
            at--;
        } while (at > end && KeySamples.key(samples, at, this, region) > target);
        boolean found = at < first || KeySamples.key(samples, at, this, region) <= target;
        return found ? at : halveSamples(region, samples, first - 1, at, target);
    }

    /** The sample {@code low} is taken to be at most the target, and {@code high} to be above it. */
    private int halveSamples(MappedRegion region, long[] samples, int low, int high, long target) {
        int floor = low;
        for (int length = high - low; length > 1; ) {
            int half = length >>> 1;
            int middle = floor + half;
            floor = KeySamples.key(samples, middle, this, region) <= target ? middle : floor;
            length -= half;
        }
        return floor;
    }

    /** From a guess to the entry, where {@code key(low) <= target < key(high)}. */
    private int walk(MappedRegion region, int low, int high, int guess, long target) {
        int at = guess;
        if (key(region, at) <= target) {
            int end = Math.min(high - 1, at + STEPS_MAX);
            while (at < end && key(region, at + 1) <= target) {
                at++;
            }
            return at < end || at == high - 1 ? at : halve(region, at, high, target);
        }
        int end = Math.max(low, at - STEPS_MAX);
        do {
            at--;
        } while (at > end && key(region, at) > target);
        return at > low && key(region, at) > target ? halve(region, low, at, target) : Math.max(low, at);
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
