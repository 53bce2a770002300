package io.millrace.index;

import org.jspecify.annotations.Nullable;

/**
 * Where the keys of an index are, as look-ups have met them: the space of keys is cut into ranges of one width, and for each the slot is
 * kept of the last entry that is not above its first key. A look-up is then one load of heap that is warm, and a search among some
 * {@value #ENTRIES_A_RANGE} entries, two or three lines of the mapping. However the keys are spread, no search is longer than one without this.
 *
 * <pre>
 *   keys     first      first + width      first + 2 width        first + 3 width
 *   ranges   |....................|....................|....................|
 *   entries     x x    x      x  x x x x   x             x   x  x  x
 *   floors   1                5                8                    8            slot + 1; 0 where nobody knows yet
 * </pre>
 *
 * <p>Filled bit by bit, next to what a look-up has touched, so that one in an index whose pages are cold reads no page for it that it does
 * not need. Heap: 4 bytes for 11 to 32 entries, at most 96 KB for the index of a segment of 1 GiB.
 *
 * <p>Any thread. A reader takes {@link #current} before it looks at the number of entries: then what it keeps is of entries that are there,
 * or goes into a table that a truncation has thrown away. Appended entries change nothing that is known: they lie above.
 */
final class KeyRanges {
    /** Less than this is searched at once. */
    static final int ENTRIES_MIN = 256;
    /** Entries of a range where keys are even: so many, or half of it, as widths are powers of two. */
    static final int ENTRIES_A_RANGE = 32;
    /** An index that is looked at less often keeps nothing. */
    private static final int LOOKUPS_MIN = 32;

    /** What is known. */
    static final class Table {
        final long first;
        final int shift;
        final int[] floors;

        Table(long first, int shift, int ranges) {
            this.first = first;
            this.shift = shift;
            floors = new int[ranges + 1];
        }

        /** The range of a key, which is not one of this table where it is not below {@link #ranges} as an unsigned number. */
        long range(long key) {
            return (key - first) >> shift;
        }

        int ranges() {
            return floors.length - 1;
        }

        long start(int range) {
            return first + ((long) range << shift);
        }
    }

    private volatile @Nullable Table table;
    private int lookups;

    /** What look-ups know so far, or null. */
    @Nullable
    Table current() {
        return table;
    }

    /** After a look-up that the table was of no use for: makes one, or one that reaches further, for those to come. */
    void missed(@Nullable Table known, int entries, long firstKey, long lastKey) {
        if (entries < ENTRIES_MIN || lastKey <= firstKey || ++lookups < LOOKUPS_MIN) {
            return;
        }
        boolean reaches = known != null && known.first <= firstKey && known.range(lastKey) < known.ranges();
        if (!reaches && known == table) {
            lookups = 0;
            table = tableFor(entries, firstKey, lastKey);
        }
    }

    /** For half as many entries again. */
    private static Table tableFor(int entries, long firstKey, long lastKey) {
        long span = lastKey - firstKey;
        int shift = 0;
        while (span >>> shift > entries / (ENTRIES_A_RANGE / 2)) {
            shift++;
        }
        int ranges = (int) (span >>> shift) + 1;
        return new Table(firstKey, shift, ranges + ranges / 2);
    }

    /** Entries go, and others may come in their place; or nobody has looked for a while. */
    void drop() {
        table = null;
        lookups = 0;
    }
}
