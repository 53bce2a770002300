package io.millrace.log.inspect;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.inspect.PartitionFiles.SegmentPath;
import io.millrace.log.inspect.Problem.Kind;
import io.millrace.log.txn.AbortedTransaction;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Holds the index of aborted transactions of a segment against its control batches: each entry's last offset is that of a control batch
 * of its producer. Confined to a thread; one segment.
 */
final class TxnIndexCheck {
    private final Path path;
    private final List<AbortedTransaction> entries;
    private final Consumer<Problem> problems;
    private boolean broken;
    private int next;

    TxnIndexCheck(SegmentPath segment, Consumer<Problem> problems) {
        this.path = TxnEntries.path(segment);
        this.problems = problems;
        this.entries = read(segment);
    }

    private List<AbortedTransaction> read(SegmentPath segment) {
        try {
            return TxnEntries.of(segment);
        } catch (StorageException e) {
            broken = true;
            problems.accept(new Problem(Kind.TXN_INDEX, path, e.position(), -1, String.valueOf(e.getMessage())));
            return List.of();
        }
    }

    void batch(ByteBuffer buffer, int at, long base) {
        while (next < entries.size() && entries.get(next).lastOffset() < base) {
            missing(entries.get(next++));
        }
        if (next < entries.size() && entries.get(next).lastOffset() == base) {
            AbortedTransaction entry = entries.get(next++);
            boolean marker = RecordBatchDescriptor.isControl(buffer, at)
                    && RecordBatchDescriptor.producerId(buffer, at) == entry.producerId();
            if (!marker || entry.firstOffset() > entry.lastOffset()) {
                missing(entry);
            }
        }
    }

    private void missing(AbortedTransaction entry) {
        if (!broken) {
            broken = true;
            problems.accept(new Problem(
                    Kind.TXN_INDEX,
                    path,
                    -1,
                    entry.lastOffset(),
                    "no marker of producer " + entry.producerId() + " stands at offset " + entry.lastOffset()));
        }
    }

    /** The segment is through; whether the index is wrong. */
    boolean end() {
        if (next < entries.size()) {
            missing(entries.get(next));
        }
        return broken;
    }

    Path path() {
        return path;
    }
}
