package io.millrace.log.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the markers of a list of batches say about its transactions. */
final class ModelTransactions {
    /** One that has been decided; the last offset is that of its marker. */
    record Decided(long producerId, long firstOffset, long lastOffset, boolean committed) {
        boolean contains(ModelBatch batch) {
            return batch.producerId() == producerId && batch.base() >= firstOffset && batch.base() < lastOffset;
        }
    }

    private final List<Decided> decided = new ArrayList<>();
    /** First offset by producer. */
    private final Map<Long, Long> open = new TreeMap<>();

    static ModelTransactions of(List<ModelBatch> batches) {
        ModelTransactions transactions = new ModelTransactions();
        batches.stream().filter(ModelBatch::isTransactional).forEach(transactions::add);
        return transactions;
    }

    private void add(ModelBatch batch) {
        if (!batch.isControl()) {
            open.putIfAbsent(batch.producerId(), batch.base());
            return;
        }
        Long first = open.remove(batch.producerId());
        if (first != null) {
            decided.add(new Decided(batch.producerId(), first, batch.base(), batch.commits()));
        }
    }

    List<Decided> decided() {
        return decided;
    }

    Map<Long, Long> open() {
        return open;
    }

    /** Whether readers of committed records see this batch's. */
    boolean isCommitted(ModelBatch batch) {
        return !batch.isTransactional() || isDecided(batch, true);
    }

    boolean isAborted(ModelBatch batch) {
        return batch.isTransactional() && isDecided(batch, false);
    }

    private boolean isDecided(ModelBatch batch, boolean committed) {
        return !batch.isControl()
                && decided.stream().anyMatch(each -> each.committed() == committed && each.contains(batch));
    }
}
