package io.millrace.broker.config;

/** Fewest insertions, deletions, replacements and swaps of neighbours that turn one text into another. */
public final class EditDistance {
    private EditDistance() {}

    /**
     * Optimal string alignment over three rows.
     *
     * @param left  one text.
     * @param right the other.
     * @param limit stop counting here.
     * @return the number of edits, or {@code limit} when it would be at least that.
     */
    public static int between(final String left, final String right, final int limit) {
        if (Math.abs(left.length() - right.length()) >= limit) {
            return limit;
        }
        int[] older = new int[right.length() + 1];
        int[] last = new int[right.length() + 1];
        for (int column = 0; column < last.length; column++) {
            last[column] = column;
        }
        for (int row = 1; row <= left.length(); row++) {
            final int[] next = nextRow(left, right, row, older, last);
            older = last;
            last = next;
        }
        return Math.min(limit, last[right.length()]);
    }

    private static int[] nextRow(
            final String left, final String right, final int row, final int[] older, final int[] last) {
        final int[] next = new int[last.length];
        next[0] = row;
        for (int column = 1; column < next.length; column++) {
            final boolean same = left.charAt(row - 1) == right.charAt(column - 1);
            next[column] = Math.min(Math.min(next[column - 1], last[column]) + 1, last[column - 1] + (same ? 0 : 1));
            if (swapped(left, right, row, column)) {
                next[column] = Math.min(next[column], older[column - 2] + 1);
            }
        }
        return next;
    }

    private static boolean swapped(final String left, final String right, final int row, final int column) {
        return row > 1
                && column > 1
                && left.charAt(row - 1) == right.charAt(column - 2)
                && left.charAt(row - 2) == right.charAt(column - 1);
    }
}
