package io.millrace.broker.request.fetch;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.ProgressListener;
import org.apache.kafka.common.protocol.Errors;

/**
 * A consumer: reads up to the high watermark, or the last stable offset. From the leader, unless it says where it stands (KIP-392) or is a
 * tool that compares replicas.
 */
final class ConsumerRole implements FetchRole {
    private final PartitionReader reader;
    private final short version;
    private final boolean committedOnly;
    private final String rack;
    private final boolean anyReplica;

    ConsumerRole(PartitionReader reader, short version, boolean committedOnly, String rack, boolean anyReplica) {
        this.reader = reader;
        this.version = version;
        this.committedOnly = committedOnly;
        this.rack = rack;
        this.anyReplica = anyReplica;
    }

    @Override
    public FetchedPartition read(FetchEntry entry, int maxBytes, boolean atLeastOneBatch, boolean again) {
        return reader.read(entry, version, committedOnly, rack, anyReplica, maxBytes, atLeastOneBatch);
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
    public boolean mayRead(Partition partition, int clientEpoch) {
        return partition.readError(clientEpoch, rack.isEmpty() && !anyReplica) == Errors.NONE;
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
