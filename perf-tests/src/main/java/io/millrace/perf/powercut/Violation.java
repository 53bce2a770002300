package io.millrace.perf.powercut;

/** A promise was broken: something acknowledged is missing, there is a hole, or a record is not what was appended. */
final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Violation(String what) {
        super(what);
    }

    static void unless(boolean holds, String what) {
        if (!holds) {
            throw new Violation(what);
        }
    }
}
