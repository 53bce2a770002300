package io.millrace.log.simulation;

/** What a history holds beside appends, reads, flushes, cuts and stops, which are in all of them. */
enum Kind {
    /** Nothing else. */
    PLAIN,
    /** Transactions and their markers; files cut and deleted by somebody else. */
    TRANSACTIONS,
    /** The same, and {@code cleanup.policy=compact}: cleanings at any time, stopped at any operation. */
    COMPACTED,
    /** A size limit that is soon reached, and segments large enough for their files to become the next ones; files cut and deleted. */
    RECYCLED
}
