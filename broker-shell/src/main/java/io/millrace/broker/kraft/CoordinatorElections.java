package io.millrace.broker.kraft;

import java.util.Map;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.function.IntSupplier;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;

/**
 * A coordinator whose state lives in an internal topic, told which of that topic's partitions this broker leads.
 *
 * <p>All calls but the first three come from the one thread that applies metadata, in the order of the metadata log,
 * after the partition itself has been opened or closed. An implementation must not block; an exception is caught by the
 * caller and logged, so that it cannot stop the node's metadata.
 */
public interface CoordinatorElections {
    /** The internal topic, for instance {@code __consumer_offsets}. */
    String topic();

    /** What the topic is created with. */
    InternalTopic internalTopic();

    /** Called once, when the first metadata is known; the supplier gives the topic's partition count from then on. */
    void startup(IntSupplier partitionCount);

    /** This broker now leads the partition in this epoch. */
    void onElection(int partition, int leaderEpoch);

    /** This broker no longer leads the partition; no epoch where the partition itself is gone. */
    void onResignation(int partition, OptionalInt leaderEpoch);

    /** Every change of metadata, after the elections it brought. */
    void onMetadataUpdate(MetadataDelta delta, MetadataImage image);

    /** The settings that override the defaults of one group changed; empty when none is left. */
    default void onGroupConfigs(String groupId, Properties overrides) {}

    /**
     * How an internal topic comes into being.
     *
     * @param partitions how many partitions
     * @param replicationFactor the wanted copies; fewer are made while fewer brokers live
     * @param configs the topic's settings
     */
    record InternalTopic(int partitions, short replicationFactor, Map<String, String> configs) {}
}
