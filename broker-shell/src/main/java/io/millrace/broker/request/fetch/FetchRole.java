package io.millrace.broker.request.fetch;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.ProgressListener;

/** As what somebody fetches: how far it may read, what else its request says, and what it waits for. Owned by one request. */
interface FetchRole {
    /**
     * Reads at most {@code maxBytes}, but a whole first batch where {@code atLeastOneBatch}.
     *
     * @param again the request has been read before, and waited
     */
    FetchedPartition read(FetchEntry entry, int maxBytes, boolean atLeastOneBatch, boolean again);

    /** Has the partition tell of what this role waits for. */
    void listen(Partition partition, ProgressListener listener);

    void stopListening(Partition partition, ProgressListener listener);

    /** Whether the partition may still be read in this role. */
    boolean mayRead(Partition partition, int clientEpoch);

    /** Whether there is more than there was when this was read; looked at after {@link #listen}. */
    boolean hasMoved(Partition partition, FetchedPartition read);

    /** Whether the quotas of clients and the broker's own bound of an answer are for it. */
    boolean isClient();
}
