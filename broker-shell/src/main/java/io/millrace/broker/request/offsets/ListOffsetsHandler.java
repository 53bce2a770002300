package io.millrace.broker.request.offsets;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import io.millrace.broker.request.WorkPool;
import io.millrace.log.PartitionLog;
import io.millrace.mapped.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers ListOffsets: earliest, latest, by time, of the largest timestamp; earliest local is earliest and latest
 * tiered is none, as in Apache Kafka without tiered storage. Owned by the node; a request that names a time runs on the
 * work pool, others on the event loop.
 */
public final class ListOffsetsHandler implements RequestHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ListOffsetsHandler.class);

    private static final long NO_TIMESTAMP = ListOffsetsResponse.UNKNOWN_TIMESTAMP;
    private static final short NOT_AVAILABLE_VERSION = 5;
    private static final short MAX_TIMESTAMP_VERSION = 7;
    private static final short EARLIEST_LOCAL_VERSION = 8;
    private static final short LATEST_TIERED_VERSION = 9;
    private static final short PENDING_UPLOAD_VERSION = 11;
    private static final short LEADER_EPOCH_VERSION = 4;
    private static final FoundOffset NOT_TIERED = new FoundOffset(-1, NO_TIMESTAMP, -1);

    private final PartitionLookup lookup;
    private final WorkPool workPool;

    public ListOffsetsHandler(PartitionLookup lookup, WorkPool workPool) {
        this.lookup = lookup;
        this.workPool = workPool;
    }

    @Override
    public void handle(Request request) {
        if (namesATime(request.data(ListOffsetsRequestData.class))) {
            workPool.handle(request, () -> request.respond(answer(request)));
        } else {
            request.respond(answer(request));
        }
    }

    private static boolean namesATime(ListOffsetsRequestData data) {
        for (ListOffsetsTopic topic : data.topics()) {
            for (ListOffsetsPartition partition : topic.partitions()) {
                long timestamp = partition.timestamp();
                if (timestamp >= 0 || timestamp == ListOffsetsRequest.MAX_TIMESTAMP) {
                    return true;
                }
            }
        }
        return false;
    }

    private ListOffsetsResponseData answer(Request request) {
        ListOffsetsRequest asked = (ListOffsetsRequest) request.body();
        Set<TopicPartition> twice = asked.duplicatePartitions();
        List<ListOffsetsTopicResponse> topics = new ArrayList<>();
        for (ListOffsetsTopic topic : asked.data().topics()) {
            List<ListOffsetsPartitionResponse> rows = new ArrayList<>();
            for (ListOffsetsPartition partition : topic.partitions()) {
                boolean duplicate = twice.contains(new TopicPartition(topic.name(), partition.partitionIndex()));
                rows.add(duplicate ? failed(partition, Errors.INVALID_REQUEST) : row(asked, topic.name(), partition));
            }
            topics.add(new ListOffsetsTopicResponse().setName(topic.name()).setPartitions(rows));
        }
        return new ListOffsetsResponseData().setTopics(topics);
    }

    private ListOffsetsPartitionResponse row(ListOffsetsRequest asked, String topic, ListOffsetsPartition wanted) {
        if (!isSupported(wanted.timestamp(), asked.version())) {
            return failed(wanted, Errors.UNSUPPORTED_VERSION);
        }
        Partition partition = lookup.find(topic, wanted.partitionIndex());
        Errors error = lookup.error(partition, topic, wanted.partitionIndex(), wanted.currentLeaderEpoch());
        if (partition == null || error != Errors.NONE) {
            return failed(wanted, error);
        }
        try {
            FoundOffset found = find(asked, partition, wanted.timestamp());
            return mayBeStale(asked, partition, wanted.timestamp(), found)
                    ? failed(wanted, notAvailable(asked))
                    : found(asked, wanted, found);
        } catch (StorageException e) {
            LOG.error("offset look-up failed partition={}", partition, e);
            return failed(wanted, Errors.KAFKA_STORAGE_ERROR);
        }
    }

    /** The end, or nothing up to the end, from a leader that does not know yet what its predecessor has told. */
    private static boolean mayBeStale(
            ListOffsetsRequest asked, Partition partition, long timestamp, @Nullable FoundOffset found) {
        boolean byEnd = timestamp == ListOffsetsRequest.LATEST_TIMESTAMP || found == null;
        return byEnd
                && asked.replicaId() == ListOffsetsRequest.CONSUMER_REPLICA_ID
                && !partition.isHighWatermarkKnown();
    }

    private static Errors notAvailable(ListOffsetsRequest asked) {
        return asked.version() >= NOT_AVAILABLE_VERSION ? Errors.OFFSET_NOT_AVAILABLE : Errors.LEADER_NOT_AVAILABLE;
    }

    private static @Nullable FoundOffset find(ListOffsetsRequest asked, Partition partition, long timestamp) {
        PartitionLog log = partition.log();
        long bound = bound(asked, log);
        if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
            return new FoundOffset(bound, NO_TIMESTAMP, partition.leaderEpoch());
        }
        if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP
                || timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
            long start = log.logStartOffset();
            return new FoundOffset(start, NO_TIMESTAMP, log.epochs().epochForOffset(start));
        }
        if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP
                || timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) {
            return NOT_TIERED;
        }
        FoundOffset found = timestamp == ListOffsetsRequest.MAX_TIMESTAMP
                ? TimestampSearch.ofMaxTimestamp(log)
                : TimestampSearch.atOrAfter(log, timestamp);
        return found != null && found.offset() < bound ? found : null;
    }

    /** How far the asker may see: a consumer by its isolation, a replica to the end. */
    private static long bound(ListOffsetsRequest asked, PartitionLog log) {
        if (asked.replicaId() != ListOffsetsRequest.CONSUMER_REPLICA_ID) {
            return log.logEndOffset();
        }
        return asked.isolationLevel() == IsolationLevel.READ_COMMITTED ? log.lastStableOffset() : log.highWatermark();
    }

    private static ListOffsetsPartitionResponse found(
            ListOffsetsRequest asked, ListOffsetsPartition wanted, @Nullable FoundOffset found) {
        if (found == null) {
            return failed(wanted, Errors.NONE);
        }
        ListOffsetsPartitionResponse row = new ListOffsetsPartitionResponse()
                .setPartitionIndex(wanted.partitionIndex())
                .setTimestamp(found.timestampMs())
                .setOffset(found.offset());
        if (asked.version() >= LEADER_EPOCH_VERSION && found.leaderEpoch() >= 0) {
            row.setLeaderEpoch(found.leaderEpoch());
        }
        return row;
    }

    private static ListOffsetsPartitionResponse failed(ListOffsetsPartition wanted, Errors error) {
        return new ListOffsetsPartitionResponse()
                .setPartitionIndex(wanted.partitionIndex())
                .setErrorCode(error.code())
                .setTimestamp(NO_TIMESTAMP)
                .setOffset(ListOffsetsResponse.UNKNOWN_OFFSET);
    }

    private static boolean isSupported(long timestamp, short version) {
        if (timestamp >= ListOffsetsRequest.EARLIEST_TIMESTAMP) {
            return true;
        }
        if (timestamp == ListOffsetsRequest.MAX_TIMESTAMP) {
            return version >= MAX_TIMESTAMP_VERSION;
        }
        if (timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
            return version >= EARLIEST_LOCAL_VERSION;
        }
        if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP) {
            return version >= LATEST_TIERED_VERSION;
        }
        return timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP && version >= PENDING_UPLOAD_VERSION;
    }
}
