package io.millrace.index;

import io.millrace.mapped.MappedRegion;
import org.jspecify.annotations.Nullable;

/**
 * Keys of every {@value #DISTANCE}th entry of an index, as they were met by look-ups: 32 KB of heap for the index of a segment of 1 GiB. A
 * look-up then searches in memory that is warm, and touches one or two lines of the mapping. Filled bit by bit, so that a look-up in an
 * index whose pages are cold reads no page for it that it does not need.
 *
 * <p>Any thread. A reader takes {@link #current} before it looks at the number of entries: then what it keeps is of entries that are there,
 * or goes into an array that a truncation has thrown away.
 */
final class KeySamples {
    static final int DISTANCE_BITS = 6;
    /** Eight lines of an offset index: what is left to be searched in the mapping. */
    static final int DISTANCE = 1 << DISTANCE_BITS;

    /** Less than this is searched at once. */
    private static final int ENTRIES_MIN = 4 * DISTANCE;

    /** 0: not met yet, or indeed 0. */
    private volatile long @Nullable [] keys;

    /** What look-ups know so far, or null. */
    long @Nullable [] current() {
        return keys;
    }

    /** Makes room for the samples of so many entries, for the look-ups to come. */
    void makeRoom(long @Nullable [] known, int entries) {
        int wanted = (entries >>> DISTANCE_BITS) + 2;
        if (entries >= ENTRIES_MIN && (known == null || known.length < wanted)) {
            keys = new long[wanted + wanted / 2];
        }
    }

    /** Entries go, and others may come in their place; or nobody has looked for a while. */
    void drop() {
        keys = null;
    }

    /** Key of a sampled entry. */
    static long key(long[] known, int sample, FloorSearch search, MappedRegion region) {
        long key = known[sample];
        if (key == 0) {
            key = search.key(region, sample << DISTANCE_BITS);
            known[sample] = key;
        }
        return key;
    }
}
