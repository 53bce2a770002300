package io.millrace.log.compact;

import io.millrace.log.txn.AbortedTransaction;
import java.util.List;
import java.util.Map;

/** What a cleaning asks of its log while it runs. Implemented by the log; called on the cleaner's thread. */
public interface CleaningView {
    /**
     * Called after each piece of work, of a few hundred KiB at most.
     *
     * @throws CleaningAbortedException where the cleaning is to end, because the log was cut or closed, is not compacted any more, or
     *     the cleaner stops
     */
    void checkGoesOn();

    /** Aborted transactions with records between two offsets, {@code to} exclusive. */
    List<AbortedTransaction> abortedTransactions(long from, long to);

    /** The producers that are known now, by id. */
    Map<Long, LastRecord> lastRecords();
}
