package io.millrace.perf.load.lean;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.Topic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.RequestHeader;

/** Asks where partitions end. Stateless. */
final class Offsets {
    private static final short VERSION = 7;

    private Offsets() {}

    /** The end of each partition, in their order. */
    static long[] ends(SocketChannel channel, Topic topic, int[] partitions) throws LoadFailure {
        List<ListOffsetsRequestData.ListOffsetsPartition> wanted = new ArrayList<>();
        for (int partition : partitions) {
            wanted.add(new ListOffsetsRequestData.ListOffsetsPartition()
                    .setPartitionIndex(partition)
                    .setTimestamp(ListOffsetsRequest.LATEST_TIMESTAMP));
        }
        ListOffsetsRequestData request = new ListOffsetsRequestData()
                .setReplicaId(ListOffsetsRequest.CONSUMER_REPLICA_ID)
                .setTopics(List.of(new ListOffsetsRequestData.ListOffsetsTopic()
                        .setName(topic.name())
                        .setPartitions(wanted)));
        RequestHeader header = new RequestHeader(ApiKeys.LIST_OFFSETS, VERSION, Handshake.CLIENT_ID, 0);
        try {
            ByteBuffer answer = Handshake.call(
                    channel, ListOffsetsRequest.parse(body(request), VERSION).serializeWithHeader(header));
            answer.getInt(); // correlation id
            answer.get(); // no tags
            return ends(new ListOffsetsResponseData(new ByteBufferAccessor(answer), VERSION), partitions);
        } catch (IOException e) {
            throw new LoadFailure("the broker did not answer ListOffsets: " + LoadFailure.lineOf(e), e);
        }
    }

    private static ByteBufferAccessor body(ListOffsetsRequestData request) {
        return org.apache.kafka.common.protocol.MessageUtil.toByteBufferAccessor(request, VERSION);
    }

    private static long[] ends(ListOffsetsResponseData answer, int[] partitions) throws LoadFailure {
        long[] ends = new long[partitions.length];
        for (ListOffsetsResponseData.ListOffsetsTopicResponse topic : answer.topics()) {
            for (ListOffsetsResponseData.ListOffsetsPartitionResponse partition : topic.partitions()) {
                if (partition.errorCode() != 0) {
                    throw new LoadFailure("where a partition ends: " + Errors.forCode(partition.errorCode()));
                }
                ends[Arrays.binarySearch(partitions, partition.partitionIndex())] = partition.offset();
            }
        }
        return ends;
    }
}
