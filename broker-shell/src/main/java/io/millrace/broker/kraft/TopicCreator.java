package io.millrace.broker.kraft;

import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.requests.RequestContext;
import org.jspecify.annotations.Nullable;

/** Creates topics that a client asked about and that do not exist, as Kafka's brokers do. */
public interface TopicCreator {
    /**
     * Asks the controller to create the topics, without waiting for it.
     *
     * @param names topics that do not exist; internal ones get the settings of their coordinator
     * @param onBehalfOf whose right to create is asked for; the broker's own when null
     * @return what the client is told now, one row a name: come again, or why this name never will be a topic
     */
    List<MetadataResponseTopic> create(Collection<String> names, @Nullable RequestContext onBehalfOf);
}
