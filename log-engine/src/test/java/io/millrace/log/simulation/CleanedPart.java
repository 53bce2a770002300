package io.millrace.log.simulation;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What compaction may leave of a log's records below an offset: any of them, as long as the newest committed one of each key is there.
 * That one may be missing where it is a tombstone whose time is over; then no older one of its key may be left.
 */
final class CleanedPart {
    private final Map<Long, ModelRecord> written = new HashMap<>();
    /** By key, the newest committed record below the offset. */
    private final Map<ByteBuffer, ModelRecord> newest = new HashMap<>();

    private final Map<Long, ModelRecord> left = new TreeMap<>();
    private final ModelTransactions transactions;
    private final boolean tombstonesStay;

    private CleanedPart(List<ModelBatch> history, long start, long below, boolean tombstonesStay) {
        this.tombstonesStay = tombstonesStay;
        transactions = ModelTransactions.of(history);
        for (ModelBatch batch : history) {
            boolean counts = batch.base() >= start && batch.base() < below && transactions.isCommitted(batch);
            for (ModelRecord record : batch.records()) {
                written.put(record.offset(), record);
                if (counts) {
                    newest.put(record.key(), record);
                }
            }
        }
    }

    /**
     * Why what was found cannot be left of a history, or null.
     *
     * @param history every batch that was ever appended, as far as the log goes now
     * @param found the batches that are left below the offset
     * @param start the log's
     */
    static String problem(
            List<ModelBatch> history, List<ModelBatch> found, long start, long below, boolean tombstonesStay) {
        CleanedPart part = new CleanedPart(history, start, below, tombstonesStay);
        String problem = part.foreign(found, start);
        if (problem == null) {
            problem = part.missing(below);
        }
        return problem == null ? part.undead() : problem;
    }

    private String foreign(List<ModelBatch> found, long start) {
        long next = start;
        for (ModelBatch batch : found) {
            if (batch.last() < next || (batch.base() < next && next > start)) {
                return "offsets go back: " + batch + " where " + next + " is next";
            }
            next = batch.last() + 1;
            for (ModelRecord record : batch.records()) {
                ModelRecord expected = written.get(record.offset());
                if (expected == null || !expected.isSame(record)) {
                    return "found " + record + ", expected " + expected;
                }
                if (!transactions.isAborted(batch)) {
                    left.put(record.offset(), record);
                }
            }
        }
        return null;
    }

    private String missing(long below) {
        for (ModelRecord record : newest.values()) {
            boolean mayBeMissing = record.isTombstone() && !tombstonesStay;
            if (!left.containsKey(record.offset()) && !mayBeMissing) {
                return "the newest record of its key below " + below + " is missing: " + record;
            }
        }
        return null;
    }

    private String undead() {
        for (ModelRecord record : left.values()) {
            ModelRecord last = newest.get(record.key());
            boolean wasDeleted = last != null && last.isTombstone() && last.offset() > record.offset();
            if (wasDeleted && !left.containsKey(last.offset())) {
                return record + " is left, and the tombstone that deletes it is not: " + last;
            }
        }
        return null;
    }
}
