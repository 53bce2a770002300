package io.millrace.broker.kraft;

import io.millrace.broker.kraft.CoordinatorElections.InternalTopic;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfigCollection;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.server.config.ReplicationConfigs;
import org.apache.kafka.server.config.ServerLogConfigs;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the controller for topics that clients want and that do not exist yet.
 *
 * <p>A name is asked for once at a time, however many clients want it. An internal topic gets as many copies as its
 * setting wants, but never more than brokers live, so that a single node works at once. Any thread.
 */
final class AutoTopicCreator implements TopicCreator {
    private static final Logger LOG = LoggerFactory.getLogger(AutoTopicCreator.class);

    private final KraftConfig config;
    private final ControllerChannel channel;
    private final KRaftMetadataCache cache;
    private final Map<String, InternalTopic> internalTopics = new ConcurrentHashMap<>();
    private final Set<String> inFlight = ConcurrentHashMap.newKeySet();

    AutoTopicCreator(KraftConfig config, ControllerChannel channel, KRaftMetadataCache cache) {
        this.config = config;
        this.channel = channel;
        this.cache = cache;
    }

    /** From now on this topic is created in this way. */
    void internalTopic(String name, InternalTopic topic) {
        internalTopics.put(name, topic);
    }

    @Override
    public List<MetadataResponseTopic> create(Collection<String> names, @Nullable RequestContext onBehalfOf) {
        List<MetadataResponseTopic> told = new ArrayList<>();
        List<CreatableTopic> wanted = new ArrayList<>();
        for (String name : names) {
            boolean valid = isValid(name);
            if (valid && inFlight.add(name)) {
                wanted.add(creatable(name));
            }
            told.add(row(name, valid ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.INVALID_TOPIC_EXCEPTION));
        }
        if (!wanted.isEmpty()) {
            send(wanted, onBehalfOf);
        }
        return told;
    }

    private static boolean isValid(String name) {
        try {
            Topic.validate(name);
            return true;
        } catch (InvalidTopicException e) {
            return false;
        }
    }

    private static MetadataResponseTopic row(String name, Errors error) {
        return new MetadataResponseTopic()
                .setErrorCode(error.code())
                .setName(name)
                .setIsInternal(Topic.isInternal(name));
    }

    private CreatableTopic creatable(String name) {
        @Nullable InternalTopic internal = internalTopics.get(name);
        if (internal == null) {
            return new CreatableTopic()
                    .setName(name)
                    .setNumPartitions(partitions())
                    .setReplicationFactor(replicationFactor());
        }
        return new CreatableTopic()
                .setName(name)
                .setNumPartitions(internal.partitions())
                .setReplicationFactor((short) Math.min(internal.replicationFactor(), Math.max(1, liveBrokers())))
                .setConfigs(configs(internal.configs()));
    }

    /** Only what this broker was told; otherwise the controller's setting holds. */
    private int partitions() {
        return config.originals().containsKey(ServerLogConfigs.NUM_PARTITIONS_CONFIG)
                ? config.getInt(ServerLogConfigs.NUM_PARTITIONS_CONFIG)
                : CreateTopicsRequest.NO_NUM_PARTITIONS;
    }

    private short replicationFactor() {
        return config.originals().containsKey(ReplicationConfigs.DEFAULT_REPLICATION_FACTOR_CONFIG)
                ? config.getInt(ReplicationConfigs.DEFAULT_REPLICATION_FACTOR_CONFIG)
                        .shortValue()
                : CreateTopicsRequest.NO_REPLICATION_FACTOR;
    }

    private int liveBrokers() {
        return (int) cache.getImage().cluster().brokers().values().stream()
                .filter(broker -> !broker.fenced())
                .count();
    }

    private static CreatableTopicConfigCollection configs(Map<String, String> values) {
        CreatableTopicConfigCollection configs = new CreatableTopicConfigCollection();
        values.forEach((name, value) ->
                configs.add(new CreatableTopicConfig().setName(name).setValue(value)));
        return configs;
    }

    private void send(List<CreatableTopic> topics, @Nullable RequestContext onBehalfOf) {
        CreateTopicsRequestData data = new CreateTopicsRequestData().setTimeoutMs(config.requestTimeoutMs());
        topics.forEach(topic -> data.topics().add(topic));
        var unused = sent(data, onBehalfOf).whenComplete((response, failure) -> {
            topics.forEach(topic -> inFlight.remove(topic.name()));
            if (failure != null) {
                LOG.warn("could not create {}", topics, Failures.unwrapped(failure));
            } else {
                warnOfRefusals((CreateTopicsResponseData) response);
            }
        });
    }

    private CompletableFuture<ApiMessage> sent(CreateTopicsRequestData data, @Nullable RequestContext onBehalfOf) {
        if (onBehalfOf == null) {
            return channel.send(new CreateTopicsRequest.Builder(data)).thenApply(response -> response.data());
        }
        short version = channel.controllerApiVersions()
                .map(versions -> versions.latestUsableVersion(ApiKeys.CREATE_TOPICS))
                .orElse(ApiKeys.CREATE_TOPICS.latestVersion());
        RequestHeader header =
                new RequestHeader(ApiKeys.CREATE_TOPICS, version, onBehalfOf.clientId(), onBehalfOf.correlationId());
        return channel.forward(header, onBehalfOf, data);
    }

    private static void warnOfRefusals(CreateTopicsResponseData response) {
        response.topics().forEach(topic -> {
            Errors error = Errors.forCode(topic.errorCode());
            if (error != Errors.NONE && error != Errors.TOPIC_ALREADY_EXISTS) {
                LOG.warn("could not create topic={} error={} {}", topic.name(), error, topic.errorMessage());
            }
        });
    }
}
