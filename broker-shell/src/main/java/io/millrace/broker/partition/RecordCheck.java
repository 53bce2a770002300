package io.millrace.broker.partition;

import org.apache.kafka.common.record.internal.Record;

/** What a topic demands of each record beyond Kafka's rules. Any thread. */
public interface RecordCheck {
    /** What became of a look at a record. */
    enum Verdict {
        /** It may be stored. */
        PASSED,
        /** It may not. */
        REFUSED,
        /** It must be looked at by a thread that may block. */
        UNDECIDED
    }

    /** Looks at a record; with {@code mayBlock} the answer is never {@link Verdict#UNDECIDED}. */
    Verdict check(Record record, boolean mayBlock);

    /** Why a record was refused, in a sentence for its producer. */
    String explain(Record record);

    /** Whether a batch with such records is refused; false stores it and only counts. */
    boolean rejects();

    /** So many records of a client were stored that would have been refused. */
    void count(String clientId, int records);
}
