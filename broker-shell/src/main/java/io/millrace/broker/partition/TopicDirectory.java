package io.millrace.broker.partition;

import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.network.ListenerName;
import org.jspecify.annotations.Nullable;

/**
 * The topics of the whole cluster, so that a partition that is elsewhere can be told from one that does not exist.
 * Implemented over the metadata image; any thread, no blocking. Asked only when a partition is not led here.
 */
public interface TopicDirectory {

    /** Name of a topic, null when no topic has that id. */
    @Nullable
    String topicName(Uuid topicId);

    /** Id of a topic, {@link Uuid#ZERO_UUID} when there is none of that name. */
    Uuid topicId(String topic);

    boolean hasPartition(String topic, int partition);

    /** Who leads, null when the partition does not exist. */
    @Nullable
    Leader leader(String topic, int partition, ListenerName listener);

    /**
     * A leader as clients are told.
     *
     * @param id node id, -1 for none
     * @param node its address on the asked listener, null when it is not alive or has no such listener
     */
    record Leader(int id, int epoch, @Nullable Node node) {}
}
