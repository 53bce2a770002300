package io.millrace.broker.request.fetch;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.ProgressListener;

/** A consumer: reads up to the high watermark, or the last stable offset. */
final class ConsumerRole implements FetchRole {
    private final PartitionReader reader;
    private final short version;
    private final boolean committedOnly;

    ConsumerRole(PartitionReader reader, short version, boolean committedOnly) {
        this.reader = reader;
        this.version = version;
        this.committedOnly = committedOnly;
    }

    @Override
    public FetchedPartition read(FetchEntry entry, int maxBytes, boolean atLeastOneBatch, boolean again) {
        return reader.read(entry, version, committedOnly, maxBytes, atLeastOneBatch);
    }

    @Override
    public void listen(Partition partition, ProgressListener listener) {
        partition.addListener(listener);
    }

    @Override
    public void stopListening(Partition partition, ProgressListener listener) {
        partition.removeListener(listener);
    }

    @Override
    public boolean hasMoved(Partition partition, FetchedPartition read) {
        return partition.log().highWatermark() != read.row().highWatermark()
                || partition.log().lastStableOffset() != read.row().lastStableOffset();
    }

    @Override
    public boolean isClient() {
        return true;
    }
}
