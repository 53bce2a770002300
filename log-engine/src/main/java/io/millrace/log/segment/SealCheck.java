package io.millrace.log.segment;

/**
 * What the header sums of a segment say about its file, at the cost of one short read: how far it was sealed, and whether its last
 * batches are those that the seal covered. For the segments below the recovery point, which nobody scans.
 *
 * @param state the verdict
 * @param position where in the file something is wrong, -1 where nothing is
 * @param offset of the batch there, -1 where it is not known
 * @param cause what is wrong, in words; empty where nothing is
 */
public record SealCheck(State state, int position, long offset, String cause) {

    /** The verdicts. */
    public enum State {
        /** There are no sums: somebody else has written the segment. */
        UNCOVERED,
        /** Sealed: the file has the length and ends with the batches that it had then, and its indexes are on the disk. */
        SEALED,
        /** The seal did not come to its end, or the file has grown since. */
        UNSEALED,
        /** The file is shorter than it was. */
        CUT,
        /** A header is not what was written. */
        DAMAGED,
        /** The sums are of other batches. */
        FOREIGN
    }

    /** Looks at a segment that is not being written. */
    public static SealCheck of(Segment segment) {
        HeaderSumTable table = segment.indexes().sums().onDisk();
        int size = segment.size();
        if (table.isEmpty()) {
            return verdict(State.UNCOVERED);
        }
        if (table.end() < size) {
            return verdict(State.UNSEALED);
        }
        if (table.end() > size) {
            String cause = "file has " + size + " bytes, it had " + table.end() + " when it was sealed";
            return new SealCheck(State.CUT, size, -1, cause);
        }
        return lastRun(segment, table, size);
    }

    private static SealCheck lastRun(Segment segment, HeaderSumTable table, int size) {
        int from = table.count() - 2;
        HeaderSumCheck check =
                from < 0 ? HeaderSumCheck.ofSegment(table, segment.baseOffset()) : HeaderSumCheck.behind(table, from);
        HeaderScanner scanner = HeaderScanner.ofThisThread().wrap(segment, from < 0 ? 0 : table.position(from), size);
        while (scanner.hasBatch()) {
            check.accept(scanner.buffer(), scanner.bufferAt(), scanner.position());
            scanner.skip();
        }
        if (scanner.position() != size) {
            return new SealCheck(State.DAMAGED, scanner.position(), -1, "no batch where one was");
        }
        check.finish(size);
        HeaderDamage damage = check.damage();
        if (damage != null) {
            return new SealCheck(State.DAMAGED, damage.position(), damage.offset(), damage.cause());
        }
        return verdict(check.isForeign() ? State.FOREIGN : State.SEALED);
    }

    private static SealCheck verdict(State state) {
        return new SealCheck(state, -1, -1, "");
    }
}
