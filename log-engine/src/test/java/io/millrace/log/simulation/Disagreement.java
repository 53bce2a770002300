package io.millrace.log.simulation;

/** The engine and the model do not agree. */
final class Disagreement extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Disagreement(String what) {
        super(what);
    }

    Disagreement(String what, Throwable cause) {
        super(what, cause);
    }

    static void require(boolean holds, String what) {
        if (!holds) {
            throw new Disagreement(what);
        }
    }

    static void requireEqual(long expected, long found, String what) {
        if (expected != found) {
            throw new Disagreement(what + ": expected " + expected + ", found " + found);
        }
    }
}
