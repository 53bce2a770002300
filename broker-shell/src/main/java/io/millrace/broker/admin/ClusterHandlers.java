package io.millrace.broker.admin;

import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import java.util.Collection;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.admin.EndpointType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBrokerCollection;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.metadata.MetadataCache;
import org.jspecify.annotations.Nullable;

/** The admin tools' view of the cluster: its brokers, and its topics page by page. Stateless. */
public final class ClusterHandlers {
    private final MetadataCache metadata;
    private final String clusterId;
    private final IntSupplier partitionsMax;

    /**
     * Handlers over the node's metadata.
     *
     * @param partitionsMax the present value of {@code max.request.partition.size.limit}: what one page of
     *     DescribeTopicPartitions may hold, whatever is asked for
     */
    public ClusterHandlers(MetadataCache metadata, String clusterId, IntSupplier partitionsMax) {
        this.metadata = metadata;
        this.clusterId = clusterId;
        this.partitionsMax = partitionsMax;
    }

    /** Puts the handlers on the broker's router. */
    public void registerOn(RequestRouter router) {
        router.register(ApiKeys.DESCRIBE_CLUSTER, this::describeCluster);
        router.register(ApiKeys.DESCRIBE_TOPIC_PARTITIONS, this::describeTopicPartitions);
    }

    private void describeCluster(Request request) {
        DescribeClusterRequestData data = request.data(DescribeClusterRequestData.class);
        EndpointType type = EndpointType.fromId(data.endpointType());
        if (type == EndpointType.BROKER) {
            request.respond(cluster(request, data));
        } else if (type == EndpointType.UNKNOWN) {
            request.respond(wrongEndpoint(
                    request, Errors.UNSUPPORTED_ENDPOINT_TYPE, "Unsupported endpoint type " + data.endpointType()));
        } else {
            request.respond(wrongEndpoint(
                    request,
                    Errors.MISMATCHED_ENDPOINT_TYPE,
                    "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type " + type));
        }
    }

    private static DescribeClusterResponseData wrongEndpoint(Request request, Errors error, String message) {
        Errors told = request.apiVersion() == 0 ? Errors.INVALID_REQUEST : error;
        return new DescribeClusterResponseData().setErrorCode(told.code()).setErrorMessage(message);
    }

    private DescribeClusterResponseData cluster(Request request, DescribeClusterRequestData data) {
        DescribeClusterBrokerCollection brokers = new DescribeClusterBrokerCollection();
        for (Node node : metadata.getBrokerNodes(request.listener())) {
            if (!node.isFenced() || data.includeFencedBrokers()) {
                brokers.add(broker(node));
            }
        }
        int controllerId = metadata.getRandomAliveBrokerId().orElse(MetadataResponse.NO_CONTROLLER_ID);
        return new DescribeClusterResponseData()
                .setClusterId(clusterId)
                .setControllerId(brokers.find(controllerId) == null ? MetadataResponse.NO_CONTROLLER_ID : controllerId)
                .setEndpointType(EndpointType.BROKER.id())
                .setClusterAuthorizedOperations(
                        data.includeClusterAuthorizedOperations()
                                ? Answers.authorizedOperations(ResourceType.CLUSTER)
                                : Integer.MIN_VALUE)
                .setBrokers(brokers);
    }

    private static DescribeClusterBroker broker(Node node) {
        return new DescribeClusterBroker()
                .setBrokerId(node.id())
                .setHost(node.host())
                .setPort(node.port())
                .setRack(node.rack())
                .setIsFenced(node.isFenced());
    }

    /** Topics in the order of their names, from the cursor on, as many partitions as are asked for and allowed. */
    private void describeTopicPartitions(Request request) {
        DescribeTopicPartitionsRequestData data = request.data(DescribeTopicPartitionsRequestData.class);
        boolean all = data.topics().isEmpty();
        Cursor cursor = data.cursor();
        String first = cursor == null ? "" : cursor.topicName();
        Collection<String> asked = all
                ? metadata.getAllTopics()
                : data.topics().stream().map(TopicRequest::name).toList();
        SortedSet<String> topics = new TreeSet<>(asked).tailSet(first);
        checkCursor(cursor, all, topics);
        int startPartition = cursor == null ? 0 : cursor.partitionIndex();
        DescribeTopicPartitionsResponseData response = metadata.describeTopicResponse(
                topics.iterator(),
                request.listener(),
                topic -> topic.equals(first) ? startPartition : 0,
                Math.max(Math.min(partitionsMax.getAsInt(), data.responsePartitionLimit()), 1),
                all);
        int operations = Answers.authorizedOperations(ResourceType.TOPIC);
        response.topics().forEach(topic -> topic.setTopicAuthorizedOperations(operations));
        request.respond(response);
    }

    private static void checkCursor(@Nullable Cursor cursor, boolean all, SortedSet<String> topics) {
        if (cursor == null) {
            return;
        }
        if (!all && !topics.contains(cursor.topicName())) {
            throw new InvalidRequestException(
                    "DescribeTopicPartitionsRequest topic list should contain the cursor topic: " + cursor.topicName());
        }
        if (cursor.partitionIndex() < 0) {
            throw new InvalidRequestException(
                    "DescribeTopicPartitionsRequest cursor partition must be valid: " + cursor);
        }
    }
}
