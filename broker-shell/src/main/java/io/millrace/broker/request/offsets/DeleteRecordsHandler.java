package io.millrace.broker.request.offsets;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import io.millrace.broker.request.WorkPool;
import io.millrace.log.LogConfig;
import io.millrace.log.PartitionLog;
import io.millrace.mapped.StorageException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteRecordsResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers DeleteRecords: moves the log start offset, at most to the high watermark. Runs on the work pool. */
public final class DeleteRecordsHandler implements RequestHandler {
    private static final Logger LOG = LoggerFactory.getLogger(DeleteRecordsHandler.class);

    private final PartitionLookup lookup;
    private final WorkPool workPool;

    public DeleteRecordsHandler(PartitionLookup lookup, WorkPool workPool) {
        this.lookup = lookup;
        this.workPool = workPool;
    }

    @Override
    public void handle(Request request) {
        workPool.handle(request, () -> request.respond(answer(request.data(DeleteRecordsRequestData.class))));
    }

    private DeleteRecordsResponseData answer(DeleteRecordsRequestData data) {
        DeleteRecordsResponseData response = new DeleteRecordsResponseData();
        data.topics().forEach(topic -> {
            DeleteRecordsTopicResult result = new DeleteRecordsTopicResult().setName(topic.name());
            topic.partitions().forEach(asked -> result.partitions().add(row(topic.name(), asked)));
            response.topics().add(result);
        });
        return response;
    }

    private DeleteRecordsPartitionResult row(String topic, DeleteRecordsPartition asked) {
        Partition partition = lookup.find(topic, asked.partitionIndex());
        Errors error = lookup.error(partition, topic, asked.partitionIndex(), -1);
        if (partition == null || error != Errors.NONE) {
            return failed(asked, error);
        }
        if (Topic.isInternal(topic)) {
            return failed(asked, Errors.INVALID_TOPIC_EXCEPTION);
        }
        try {
            return delete(partition, asked);
        } catch (StorageException e) {
            LOG.error("deleting records failed partition={} offset={}", partition, asked.offset(), e);
            return failed(asked, Errors.KAFKA_STORAGE_ERROR);
        }
    }

    private static DeleteRecordsPartitionResult delete(Partition partition, DeleteRecordsPartition asked) {
        PartitionLog log = partition.log();
        LogConfig config = log.config();
        if (!config.deletePolicy() && config.compactPolicy()) {
            return failed(asked, Errors.POLICY_VIOLATION);
        }
        long highWatermark = log.highWatermark();
        long offset = asked.offset() == DeleteRecordsRequest.HIGH_WATERMARK ? highWatermark : asked.offset();
        if (offset < 0 || offset > highWatermark) {
            return failed(asked, Errors.OFFSET_OUT_OF_RANGE);
        }
        if (log.advanceLogStartOffset(offset)) {
            partition.wake();
        }
        return new DeleteRecordsPartitionResult()
                .setPartitionIndex(asked.partitionIndex())
                .setLowWatermark(log.logStartOffset());
    }

    private static DeleteRecordsPartitionResult failed(DeleteRecordsPartition asked, Errors error) {
        return new DeleteRecordsPartitionResult()
                .setPartitionIndex(asked.partitionIndex())
                .setLowWatermark(DeleteRecordsResponse.INVALID_LOW_WATERMARK)
                .setErrorCode(error.code());
    }
}
