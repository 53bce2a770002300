package io.millrace.broker.stat;

import java.util.Locale;

/** The parts of the time of a request, and what else a loop measures. */
public enum Stage {
    /** From the read of its last byte to the begin of its handling: requests in front of it. */
    QUEUE(0),
    /** Parsing, and checks before the log. */
    CHECK(1),
    /** In the log: checksum, sequence, copy, page faults, roll; in place also the writing of the answer. */
    APPEND(2),
    /** Waiting for the disk. */
    SYNC(3),
    /** Waiting for the other replicas. */
    REPLICATE(4),
    /** What is left: reading, encoding, moving to the loop. */
    RESPOND(5),
    /** A whole Produce. */
    PRODUCE(6),
    /** A whole Fetch, without the time it waited for records. */
    FETCH(7),
    /** A whole request of any other API. */
    OTHER(8),
    /** What one connection held the loop for in one turn. */
    TURN(9);

    /** Stages that one request is made of. */
    static final int OF_REQUEST = 6;

    /** Place in an array of all stages, or of those of a request. */
    final int index;

    Stage(int index) {
        this.index = index;
    }

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
