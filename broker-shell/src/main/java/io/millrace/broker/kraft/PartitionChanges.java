package io.millrace.broker.kraft;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.image.LocalReplicaChanges;
import org.apache.kafka.metadata.PartitionRegistration;

/**
 * What the controller decided about the partitions of this broker.
 *
 * <p>Calls come from one thread, in the order of the metadata log. An exception is caught by the caller, logged, and
 * concerns that one partition.
 */
public interface PartitionChanges {
    /**
     * These partitions are about to be led or followed, each by a call of its own afterwards. Whoever opens files may do it for all of
     * them at once here; what fails here is tried again there.
     */
    void prepare(Map<TopicPartition, LocalReplicaChanges.PartitionInfo> coming);

    /**
     * This broker leads the partition.
     *
     * @return false where there is no room for it now: it is asked again
     */
    boolean lead(TopicPartition partition, Uuid topicId, PartitionRegistration state);

    /**
     * This broker follows another leader, or waits for one.
     *
     * @return as {@link #lead}
     */
    boolean follow(TopicPartition partition, Uuid topicId, PartitionRegistration state);

    /**
     * This broker holds the partition no longer.
     *
     * @param delete whether its files go too
     */
    void stop(TopicPartition partition, boolean delete);
}
