package io.millrace.log.simulation;

import static io.millrace.log.simulation.Disagreement.require;
import static io.millrace.log.simulation.Disagreement.requireEqual;

import io.millrace.log.PartitionLog;
import io.millrace.log.txn.AbortedTransaction;
import java.util.List;

/** Holds what a log tells readers of committed records against what its markers say. Stateless. */
final class TransactionCheck {
    private TransactionCheck() {}

    /** {@code found}: all that the log holds now. */
    static void check(PartitionLog log, ModelLog model, List<ModelBatch> found) {
        ModelTransactions transactions = ModelTransactions.of(model.batches());
        List<AbortedTransaction> told = log.abortedTransactions(log.logStartOffset(), log.logEndOffset());
        for (ModelTransactions.Decided each : transactions.decided()) {
            if (each.firstOffset() >= model.knownFrom() && each.lastOffset() < log.lastStableOffset()) {
                check(each, told, found, log);
            }
        }
        stableOffset(log, model, transactions);
    }

    private static void check(
            ModelTransactions.Decided each, List<AbortedTransaction> told, List<ModelBatch> found, PartitionLog log) {
        boolean isTold = told.stream().anyMatch(aborted -> covers(aborted, each));
        boolean isLeft = found.stream()
                .anyMatch(batch -> each.contains(batch) && !batch.records().isEmpty());
        require(!isTold || !each.committed(), "told to be aborted: " + each + ", " + told + " of " + log);
        require(
                isTold || each.committed() || !isLeft,
                "not told to be aborted: " + each + ", only " + told + " of " + log);
    }

    private static boolean covers(AbortedTransaction aborted, ModelTransactions.Decided each) {
        return aborted.producerId() == each.producerId()
                && aborted.firstOffset() <= each.lastOffset()
                && aborted.lastOffset() >= each.firstOffset();
    }

    private static void stableOffset(PartitionLog log, ModelLog model, ModelTransactions transactions) {
        long firstOpen = transactions.open().values().stream()
                .mapToLong(Long::longValue)
                .filter(first -> first >= model.knownFrom())
                .min()
                .orElse(Long.MAX_VALUE);
        require(
                log.lastStableOffset() <= Math.min(firstOpen, log.highWatermark()),
                "last stable offset " + log.lastStableOffset() + " above " + firstOpen + " of " + log);
        boolean allReplicated =
                transactions.decided().stream().allMatch(each -> each.lastOffset() < log.highWatermark());
        if (transactions.open().isEmpty() && allReplicated && model.isReplicated() && log.failure() == null) {
            requireEqual(log.highWatermark(), log.lastStableOffset(), "last stable offset of " + log);
        }
    }
}
