package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.broker.net.WireClient;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.LogConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteRecordsResponse;
import org.apache.kafka.common.requests.InitProducerIdRequest;
import org.apache.kafka.common.requests.InitProducerIdResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Offsets and producer ids on the wire. */
@Timeout(60)
class OffsetsTest {
    private static final short LIST_OFFSETS = ApiKeys.LIST_OFFSETS.latestVersion(false);

    @TempDir
    Path directory;

    private TestBroker broker;
    private WireClient client;

    @BeforeEach
    void start() throws IOException {
        broker = new TestBroker(directory);
        broker.createTopic("t", 1);
        client = broker.connect();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        broker.close();
    }

    @Test
    void namedTimestampsAreAnsweredAsWithoutTiers() throws IOException {
        append(Compression.NONE, 100, 300, 200);
        assertEquals(0, list(ListOffsetsRequest.EARLIEST_TIMESTAMP).offset());
        assertEquals(0, list(ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP).offset());
        assertEquals(3, list(ListOffsetsRequest.LATEST_TIMESTAMP).offset());
        assertEquals(0, list(ListOffsetsRequest.LATEST_TIMESTAMP).leaderEpoch());
        assertEquals(-1, list(ListOffsetsRequest.LATEST_TIERED_TIMESTAMP).offset());
        assertEquals(1, list(ListOffsetsRequest.MAX_TIMESTAMP).offset());
        assertEquals(300, list(ListOffsetsRequest.MAX_TIMESTAMP).timestamp());
        assertEquals(Errors.UNSUPPORTED_VERSION.code(), list(-99).errorCode());
    }

    @Test
    void timesAreFoundInsideCompressedBatches() throws IOException {
        append(Compression.gzip().build(), 100, 110, 120);
        append(Compression.zstd().build(), 200, 210, 220);
        assertEquals(1, list(105).offset());
        assertEquals(110, list(105).timestamp());
        assertEquals(3, list(121).offset());
        assertEquals(5, list(220).offset());
        assertEquals(-1, list(221).offset());
        assertEquals(Errors.NONE.code(), list(221).errorCode());
        broker.partition("t", 0).log().advanceLogStartOffset(2);
        assertEquals(2, list(105).offset());
    }

    @Test
    void everyVersionOfListOffsetsIsServed() throws IOException {
        append(Compression.NONE, 100);
        for (short version = ApiKeys.LIST_OFFSETS.oldestVersion(); version <= LIST_OFFSETS; version++) {
            assertEquals(
                    1, list(ListOffsetsRequest.LATEST_TIMESTAMP, version, "t").offset());
        }
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                list(ListOffsetsRequest.LATEST_TIMESTAMP, LIST_OFFSETS, "unknown")
                        .errorCode());
    }

    @Test
    void epochsEndWhereTheNextBegins() throws IOException {
        append(Compression.NONE, 1, 2, 3);
        broker.registry().becomeLeader(broker.state("t", 0, 1, 4, List.of(1)));
        append(Compression.NONE, 4, 5);
        assertEquals(3, epochEnd(0, -1).endOffset());
        assertEquals(0, epochEnd(2, -1).leaderEpoch());
        assertEquals(5, epochEnd(4, 4).endOffset());
        assertEquals(-1, epochEnd(9, -1).endOffset());
        assertEquals(Errors.FENCED_LEADER_EPOCH.code(), epochEnd(0, 1).errorCode());
        assertEquals(Errors.UNKNOWN_LEADER_EPOCH.code(), epochEnd(0, 9).errorCode());
    }

    @Test
    void recordsAreDeletedUpToTheHighWatermark() throws IOException {
        append(Compression.NONE, 1, 2, 3);
        assertEquals(2, delete("t", 2).lowWatermark());
        assertEquals(2, list(ListOffsetsRequest.EARLIEST_TIMESTAMP).offset());
        assertEquals(Errors.OFFSET_OUT_OF_RANGE.code(), delete("t", 4).errorCode());
        assertEquals(3, delete("t", DeleteRecordsRequest.HIGH_WATERMARK).lowWatermark());
        LogConfig compacted =
                LogConfig.builder().deletePolicy(false).compactPolicy(true).build();
        broker.createTopic("compacted", 1, new TopicSettings(compacted, 1, null));
        assertEquals(Errors.POLICY_VIOLATION.code(), delete("compacted", 0).errorCode());
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(), delete("unknown", 0).errorCode());
    }

    @Test
    void idempotentProducersGetIdsAndTransactionalOnesAreTold() throws IOException {
        InitProducerIdRequestData data =
                new InitProducerIdRequestData().setTransactionalId(null).setTransactionTimeoutMs(1000);
        long first = init(data).data().producerId();
        assertEquals(first + 1, init(data).data().producerId());
        assertEquals(
                Errors.UNSUPPORTED_VERSION,
                init(data.duplicate().setTransactionalId("tx")).error());
        assertEquals(
                Errors.INVALID_REQUEST, init(data.duplicate().setProducerId(5)).error());
    }

    private InitProducerIdResponse init(InitProducerIdRequestData data) throws IOException {
        short version = ApiKeys.INIT_PRODUCER_ID.latestVersion(false);
        return client.call(new InitProducerIdRequest.Builder(data).build(version), InitProducerIdResponse.class);
    }

    private DeleteRecordsPartitionResult delete(String topic, long offset) throws IOException {
        DeleteRecordsRequestData data = new DeleteRecordsRequestData();
        data.topics()
                .add(new DeleteRecordsTopic()
                        .setName(topic)
                        .setPartitions(List.of(new DeleteRecordsPartition().setOffset(offset))));
        DeleteRecordsResponse answer =
                client.call(new DeleteRecordsRequest.Builder(data).build(), DeleteRecordsResponse.class);
        return answer.data().topics().find(topic).partitions().find(0);
    }

    private EpochEndOffset epochEnd(int epoch, int currentEpoch) throws IOException {
        OffsetForLeaderTopicCollection topics = new OffsetForLeaderTopicCollection();
        topics.add(new OffsetForLeaderTopic()
                .setTopic("t")
                .setPartitions(List.of(
                        new OffsetForLeaderPartition().setLeaderEpoch(epoch).setCurrentLeaderEpoch(currentEpoch))));
        OffsetsForLeaderEpochResponse answer = client.call(
                OffsetsForLeaderEpochRequest.Builder.forConsumer(topics).build(), OffsetsForLeaderEpochResponse.class);
        return answer.data().topics().find("t").partitions().get(0);
    }

    private ListOffsetsPartitionResponse list(long timestamp) throws IOException {
        return list(timestamp, LIST_OFFSETS, "t");
    }

    private ListOffsetsPartitionResponse list(long timestamp, short version, String topic) throws IOException {
        ListOffsetsRequestData data = new ListOffsetsRequestData().setReplicaId(ListOffsetsRequest.CONSUMER_REPLICA_ID);
        data.topics()
                .add(new ListOffsetsTopic()
                        .setName(topic)
                        .setPartitions(List.of(new ListOffsetsPartition().setTimestamp(timestamp))));
        ListOffsetsRequest request = ListOffsetsRequest.parse(MessageUtil.toByteBufferAccessor(data, version), version);
        ListOffsetsResponse answer = client.call(request, ListOffsetsResponse.class);
        return answer.data().topics().get(0).partitions().get(0);
    }

    private void append(Compression codec, long... timestamps) {
        SimpleRecord[] records = new SimpleRecord[timestamps.length];
        java.util.Arrays.setAll(records, i -> new SimpleRecord(timestamps[i], new byte[10]));
        broker.partition("t", 0)
                .append(MemoryRecords.withRecords(codec, records).buffer(), AppendOrigin.CLIENT, new AppendResult());
    }
}
