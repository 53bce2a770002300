package io.millrace.log.simulation;

import java.util.Random;

/**
 * The kind of a history, and the random that decides what is played of it: one of its own, so that a history without extras is played the
 * same whatever kinds there are.
 */
final class Extras {
    private static final Kind[] KINDS = {
        Kind.PLAIN, Kind.TRANSACTIONS, Kind.COMPACTED, Kind.RECYCLED, Kind.PLAIN, Kind.TRANSACTIONS, Kind.COMPACTED,
    };

    private final Random random;
    private final Kind kind;
    private final boolean tombstonesStay;

    /** {@code kind}: null for the random's choice. */
    Extras(Random random, Kind kind) {
        this.random = random;
        Kind chosen = KINDS[random.nextInt(KINDS.length)];
        this.kind = kind == null ? chosen : kind;
        tombstonesStay = random.nextBoolean();
    }

    Random random() {
        return random;
    }

    Kind kind() {
        return kind;
    }

    boolean isPlain() {
        return kind == Kind.PLAIN;
    }

    boolean isCompacted() {
        return kind == Kind.COMPACTED;
    }

    /** Of a compacted log: whether tombstones and markers stay for ever, or go at once. */
    boolean tombstonesStay() {
        return tombstonesStay;
    }

    /**
     * Not where markers go at once: a marker that is gone before the recovery point has passed it leaves its transaction open after a
     * crash, in a log where nothing is left of it.
     */
    boolean hasTransactions() {
        return kind == Kind.TRANSACTIONS || (kind == Kind.COMPACTED && tombstonesStay);
    }
}
