package io.millrace.broker.partition;

import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * What the metadata says of one partition. Immutable; the control plane gives a new one with every change.
 *
 * @param leaderId node that leads, -1 for none
 * @param leaderEpoch term of that leader
 * @param partitionEpoch version of this state, grows with every change of leader, replicas or ISR
 * @param replicas nodes that hold the partition, preferred leader first
 * @param isr those of them that are in sync
 */
public record PartitionState(
        String topic,
        Uuid topicId,
        int partition,
        int leaderId,
        int leaderEpoch,
        int partitionEpoch,
        List<Integer> replicas,
        List<Integer> isr) {

    /** Copies the lists. */
    public PartitionState {
        replicas = List.copyOf(replicas);
        isr = List.copyOf(isr);
    }

    /** The same in a later version with another ISR. */
    PartitionState withIsr(List<Integer> newIsr, int newPartitionEpoch) {
        return new PartitionState(
                topic, topicId, partition, leaderId, leaderEpoch, newPartitionEpoch, replicas, newIsr);
    }
}
