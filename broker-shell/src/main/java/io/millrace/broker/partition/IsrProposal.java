package io.millrace.broker.partition;

import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/**
 * A change of the ISR that a leader asks the controller for. Until it is answered, or the metadata brings another state, the leader
 * reckons with the larger of both sets. Immutable; its answer may come on any thread.
 */
public final class IsrProposal {
    /**
     * A member of the proposed ISR.
     *
     * @param brokerEpoch of the registration that fetched, {@link LiveBrokers#UNKNOWN_EPOCH} where it was not told, and for the leader
     */
    public record Member(int brokerId, long brokerEpoch) {}

    private final Partition partition;
    private final PartitionState from;
    private final List<Member> isr;

    IsrProposal(Partition partition, PartitionState from, List<Member> isr) {
        this.partition = partition;
        this.from = from;
        this.isr = List.copyOf(isr);
    }

    /** Whether the leader still waits for the answer. */
    public boolean isPending() {
        return partition.isPending(this);
    }

    /** The controller has made this the ISR, in this version of the state. */
    public void accepted(int leaderEpoch, int partitionEpoch, List<Integer> accepted) {
        partition.isrAccepted(this, leaderEpoch, partitionEpoch, accepted);
    }

    /** The controller will not do it. */
    public void refused(Errors error) {
        partition.isrRefused(this, error);
    }

    public Uuid topicId() {
        return from.topicId();
    }

    public int partition() {
        return from.partition();
    }

    /** The leader's term. */
    public int leaderEpoch() {
        return from.leaderEpoch();
    }

    /** The version of the state that is to be changed. */
    public int partitionEpoch() {
        return from.partitionEpoch();
    }

    public List<Member> isr() {
        return isr;
    }

    @Override
    public String toString() {
        return partition + " isr=" + from.isr() + " to "
                + isr.stream().map(Member::brokerId).toList() + " leaderEpoch=" + leaderEpoch() + " partitionEpoch="
                + partitionEpoch();
    }
}
