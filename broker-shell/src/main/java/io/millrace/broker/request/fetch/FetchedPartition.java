package io.millrace.broker.request.fetch;

import io.millrace.broker.partition.Partition;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.jspecify.annotations.Nullable;

/**
 * What one read of one partition gave. Owns its slice until the row is handed to the network layer.
 *
 * @param entry what was asked
 * @param partition where it was read, null when it is not here
 * @param row the answer
 * @param records the row's records, null when there are none
 */
record FetchedPartition(
        FetchEntry entry,
        @Nullable Partition partition,
        PartitionData row,
        @Nullable LogSliceRecords records) {

    int bytes() {
        return records == null ? 0 : records.sizeInBytes();
    }

    boolean isError() {
        return row.errorCode() != 0;
    }

    boolean isDiverging() {
        return row.divergingEpoch().epoch() >= 0;
    }

    /** The client is to read from another replica. */
    boolean isElsewhere() {
        return row.preferredReadReplica() >= 0;
    }

    /** Gives the slice back unsent. */
    void discard() {
        if (records != null) {
            records.close();
        }
    }
}
