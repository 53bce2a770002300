package io.millrace.broker.partition;

/**
 * Hears which partitions this node has to replicate, each time after the partition's state has changed. Called on the thread that changes
 * the partitions; must not block, and must not throw.
 */
public interface FollowerListener {
    /** Nobody replicates. */
    FollowerListener NONE = new FollowerListener() {
        @Override
        public void onFollow(Partition partition, PartitionState state) {}

        @Override
        public void onLead(Partition partition) {}

        @Override
        public void onStopped(Partition partition) {}
    };

    /**
     * The state says, perhaps once more, that another node leads; its log is open.
     *
     * @param state with the leader's id, -1 for none
     */
    void onFollow(Partition partition, PartitionState state);

    /** This node leads. */
    void onLead(Partition partition);

    /** The partition has left this node, or its log cannot be had. */
    void onStopped(Partition partition);
}
