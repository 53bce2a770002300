package io.millrace.broker.request.offsets;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import io.millrace.log.PartitionLog;
import io.millrace.log.epoch.EpochEnd;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.Errors;

/** Answers OffsetForLeaderEpoch: where an epoch ends in the leader's log. Owned by the node; any event loop. */
public final class OffsetForLeaderEpochHandler implements RequestHandler {
    private final PartitionLookup lookup;

    public OffsetForLeaderEpochHandler(PartitionLookup lookup) {
        this.lookup = lookup;
    }

    @Override
    public void handle(Request request) {
        OffsetForLeaderEpochResponseData response = new OffsetForLeaderEpochResponseData();
        request.data(OffsetForLeaderEpochRequestData.class).topics().forEach(topic -> {
            OffsetForLeaderTopicResult result = new OffsetForLeaderTopicResult().setTopic(topic.topic());
            topic.partitions().forEach(asked -> result.partitions().add(row(topic.topic(), asked)));
            response.topics().add(result);
        });
        request.respond(response);
    }

    private EpochEndOffset row(String topic, OffsetForLeaderPartition asked) {
        EpochEndOffset row = new EpochEndOffset().setPartition(asked.partition());
        Partition partition = lookup.find(topic, asked.partition());
        Errors error = lookup.error(partition, topic, asked.partition(), asked.currentLeaderEpoch());
        if (partition == null || error != Errors.NONE) {
            return row.setErrorCode(error.code());
        }
        PartitionLog log = partition.log();
        EpochEnd end = log.epochs().endOffsetFor(asked.leaderEpoch(), log.logEndOffset());
        return end.epoch() < 0 || end.endOffset() < 0
                ? row
                : row.setLeaderEpoch(end.epoch()).setEndOffset(end.endOffset());
    }
}
