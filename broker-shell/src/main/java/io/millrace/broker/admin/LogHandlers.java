package io.millrace.broker.admin;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import io.millrace.log.LogDescription;
import io.millrace.log.LogDirectory;
import io.millrace.log.ProducerView;
import io.millrace.mapped.StorageException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.metadata.MetadataCache;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the admin tools ask about the logs on this broker: their size on disk, and who produces to them. Stateless. */
public final class LogHandlers {
    private static final Logger LOG = LoggerFactory.getLogger(LogHandlers.class);

    private final List<LogDirectory> directories;
    private final PartitionRegistry partitions;
    private final MetadataCache metadata;

    /** Handlers over the node's partitions and data directories, also those that have failed. */
    public LogHandlers(List<LogDirectory> directories, PartitionRegistry partitions, MetadataCache metadata) {
        this.directories = List.copyOf(directories);
        this.partitions = partitions;
        this.metadata = metadata;
    }

    /** Puts the handlers on the broker's router. */
    public void registerOn(RequestRouter router) {
        router.register(ApiKeys.DESCRIBE_LOG_DIRS, this::describeLogDirs);
        router.register(ApiKeys.DESCRIBE_PRODUCERS, this::describeProducers);
    }

    private void describeLogDirs(Request request) {
        Set<TopicPartition> asked = asked(request.data(DescribeLogDirsRequestData.class));
        List<DescribeLogDirsResult> results =
                directories.stream().map(dir -> describe(dir, asked)).toList();
        request.respond(new DescribeLogDirsResponseData().setResults(results));
    }

    /** The partitions named; null means all of them. */
    private static @Nullable Set<TopicPartition> asked(DescribeLogDirsRequestData data) {
        if (data.topics() == null) {
            return null;
        }
        Set<TopicPartition> asked = new HashSet<>();
        data.topics().forEach(t -> t.partitions().forEach(p -> asked.add(new TopicPartition(t.topic(), p))));
        return asked;
    }

    private DescribeLogDirsResult describe(LogDirectory directory, @Nullable Set<TopicPartition> asked) {
        DescribeLogDirsResult result = new DescribeLogDirsResult()
                .setLogDir(directory.path().toAbsolutePath().toString());
        if (directory.failure() != null) {
            return result.setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
        }
        try {
            return result.setTotalBytes(directory.totalBytes())
                    .setUsableBytes(directory.freeBytes())
                    .setTopics(topics(directory, asked));
        } catch (StorageException e) {
            LOG.warn("describe directory={}", directory.path(), e);
            return result.setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
        }
    }

    private static List<DescribeLogDirsTopic> topics(LogDirectory directory, @Nullable Set<TopicPartition> asked) {
        Map<String, DescribeLogDirsTopic> topics = new TreeMap<>();
        for (LogDescription log : directory.describe()) {
            if (asked == null || asked.contains(new TopicPartition(log.topic(), log.partition()))) {
                topics.computeIfAbsent(log.topic(), name -> new DescribeLogDirsTopic().setName(name))
                        .partitions()
                        .add(size(log));
            }
        }
        return new ArrayList<>(topics.values());
    }

    private static DescribeLogDirsPartition size(LogDescription log) {
        return new DescribeLogDirsPartition()
                .setPartitionIndex(log.partition())
                .setPartitionSize(log.sizeBytes())
                .setOffsetLag(log.offsetLag())
                .setIsFutureKey(log.isFuture());
    }

    private void describeProducers(Request request) {
        DescribeProducersResponseData response = new DescribeProducersResponseData();
        for (TopicRequest topic :
                request.data(DescribeProducersRequestData.class).topics()) {
            TopicResponse topicResponse = new TopicResponse().setName(topic.name());
            ApiError topicError = checkTopic(topic.name());
            topic.partitionIndexes()
                    .forEach(p -> topicResponse.partitions().add(producers(topic.name(), p, topicError)));
            response.topics().add(topicResponse);
        }
        request.respond(response);
    }

    private ApiError checkTopic(String topic) {
        try {
            Topic.validate(topic);
        } catch (RuntimeException e) {
            return ApiError.fromThrowable(e);
        }
        return metadata.contains(topic) ? ApiError.NONE : new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    }

    private PartitionResponse producers(String topic, int index, ApiError topicError) {
        PartitionResponse response = new PartitionResponse().setPartitionIndex(index);
        if (topicError.isFailure()) {
            return response.setErrorCode(topicError.error().code()).setErrorMessage(topicError.message());
        }
        Partition partition = partitions.get(topic, index);
        Errors error = error(partition, topic, index);
        if (partition == null || error != Errors.NONE) {
            return response.setErrorCode(error.code());
        }
        return response.setActiveProducers(partition.log().activeProducers().stream()
                .map(LogHandlers::state)
                .toList());
    }

    private Errors error(@Nullable Partition partition, String topic, int index) {
        if (partition != null) {
            return partition.isOnline() ? Errors.NONE : Errors.KAFKA_STORAGE_ERROR;
        }
        return metadata.contains(new TopicPartition(topic, index))
                ? Errors.NOT_LEADER_OR_FOLLOWER
                : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }

    private static ProducerState state(ProducerView producer) {
        return new ProducerState()
                .setProducerId(producer.producerId())
                .setProducerEpoch(producer.epoch())
                .setLastSequence(producer.lastSequence())
                .setLastTimestamp(producer.lastTimestampMs())
                .setCoordinatorEpoch(producer.coordinatorEpoch())
                .setCurrentTxnStartOffset(producer.transactionFirstOffset());
    }
}
