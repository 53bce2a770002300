package io.millrace.log.compact;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import io.millrace.log.batch.TransactionMarker;
import io.millrace.log.txn.AbortedTransaction;
import io.millrace.log.txn.AbortedTransactionIndex;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows the transactions while batches go by in the order of their offsets, by Kafka's rules: records of an aborted transaction may go;
 * a marker may go when no batch of its transaction was seen any more; an abort marker of which one was seen stays, and its transaction is
 * entered into the index of the segment that is being written.
 *
 * <p>One object a walk over a log, from its first batch on; owned by one thread.
 */
final class CleanedTransactions {
    private final PriorityQueue<AbortedTransaction> upcoming =
            new PriorityQueue<>(Comparator.comparingLong(AbortedTransaction::firstOffset));
    private final Map<Long, Ongoing> aborted = new HashMap<>();
    private final Set<Long> committed = new HashSet<>();
    private final RecordCursor cursor = new RecordCursor();
    private @Nullable AbortedTransactionIndex index;

    private static final class Ongoing {
        final AbortedTransaction transaction;
        boolean batchSeen;

        Ongoing(AbortedTransaction transaction) {
            this.transaction = transaction;
        }
    }

    /** Where the transactions go whose abort markers stay; none while nothing is written. */
    void writeTo(AbortedTransactionIndex cleanedIndex) {
        index = cleanedIndex;
    }

    /** Those that have records in the segment that comes next; the same one may be told again. */
    void announce(List<AbortedTransaction> transactions) {
        upcoming.addAll(transactions);
    }

    /** A data batch goes by; true where it belongs to an aborted transaction. */
    boolean onData(ByteBuffer buffer, int at) {
        begin(RecordBatchDescriptor.lastOffset(buffer, at));
        if (!RecordBatchDescriptor.isTransactional(buffer, at)) {
            return false;
        }
        long producerId = RecordBatchDescriptor.producerId(buffer, at);
        Ongoing ongoing = aborted.get(producerId);
        if (ongoing == null) {
            committed.add(producerId);
            return false;
        }
        ongoing.batchSeen = true;
        return true;
    }

    /** A control batch goes by; true where it is not needed any more. */
    boolean onControl(ByteBuffer buffer, int at) {
        begin(RecordBatchDescriptor.lastOffset(buffer, at));
        cursor.wrap(buffer, at);
        try {
            if (!cursor.next()) {
                return true; // an empty one has been cleaned before
            }
            if (!TransactionMarker.isMarker(buffer, cursor)) {
                return false;
            }
            long producerId = RecordBatchDescriptor.producerId(buffer, at);
            return TransactionMarker.type(buffer, cursor) == TransactionMarker.ABORT
                    ? onAbort(producerId)
                    : !committed.remove(producerId);
        } finally {
            cursor.release();
        }
    }

    private boolean onAbort(long producerId) {
        Ongoing ended = aborted.remove(producerId);
        if (ended == null || !ended.batchSeen) {
            return true;
        }
        if (index != null) {
            index.append(ended.transaction);
        }
        return false;
    }

    private void begin(long upTo) {
        AbortedTransaction next = upcoming.peek();
        while (next != null && next.firstOffset() <= upTo) {
            upcoming.poll();
            aborted.putIfAbsent(next.producerId(), new Ongoing(next));
            next = upcoming.peek();
        }
    }
}
