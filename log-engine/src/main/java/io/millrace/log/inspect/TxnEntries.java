package io.millrace.log.inspect;

import io.millrace.log.inspect.PartitionFiles.SegmentPath;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.log.txn.AbortedTransaction;
import io.millrace.log.txn.AbortedTransactionIndex;
import java.nio.file.Path;
import java.util.List;

/** The aborted transactions whose markers stand in a segment, as its file says. Stateless. */
public final class TxnEntries {
    private TxnEntries() {}

    /** The file, which most segments do not have. */
    public static Path path(SegmentPath segment) {
        return segment.beside(SegmentFiles.TXN_INDEX);
    }

    /**
     * The entries, none where there is no file.
     *
     * @throws io.millrace.mapped.StorageException DAMAGED where an entry cannot be one of this segment
     */
    public static List<AbortedTransaction> of(SegmentPath segment) {
        return AbortedTransactionIndex.entries(path(segment), SmallFile.read(path(segment)), segment.baseOffset());
    }
}
