package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.broker.net.WireClient;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A follower on the wire: what it may read, what it brings about, and what it is refused. */
@Timeout(60)
class FollowerFetchTest {
    private static final short NEWEST = ApiKeys.FETCH.latestVersion();
    private static final short OLD = 11;
    private static final short ALL = -1;

    @TempDir
    Path directory;

    private TestBroker broker;
    private Uuid id;
    private Partition partition;
    private WireClient follower;
    private WireClient client;

    @BeforeEach
    void start() throws IOException {
        broker = new TestBroker(directory);
        id = broker.createTopic("t", 1);
        partition = lead(1, List.of(1, 2));
        follower = broker.connect();
        client = broker.connect();
    }

    @AfterEach
    void stop() throws IOException {
        follower.close();
        client.close();
        broker.close();
    }

    @Test
    void acksAllWaitsForTheFollowerThatItHasWoken() throws IOException {
        RequestHeader waiting = follower.send(fetch(NEWEST, 2, at(0), 30_000));
        RequestHeader produced = client.send(produce(ALL, 3, 30_000));
        PartitionData row = row(follower.receive(waiting));
        assertEquals(3, count(row), "up to the log end");
        assertEquals(0, row.highWatermark());
        assertEquals(0, partition.log().highWatermark());
        row = row(follower.call(fetch(NEWEST, 2, at(3), 0), FetchResponse.class));
        assertEquals(3, row.highWatermark(), "of this very fetch");
        ProduceResponse answer = (ProduceResponse) client.receive(produced);
        assertEquals(Errors.NONE, error(answer));
        assertEquals(3, count(row(client.call(fetch(NEWEST, -1, at(0), 0), FetchResponse.class))));
    }

    @Test
    void acksOneDoesNotWaitAndConsumersSeeOnlyWhatIsCommitted() throws IOException {
        assertEquals(Errors.NONE, error(client.call(produce((short) 1, 2, 1000), ProduceResponse.class)));
        PartitionData row = row(client.call(fetch(NEWEST, -1, at(0), 0), FetchResponse.class));
        assertEquals(0, count(row));
        assertEquals(0, row.highWatermark());
        follower.call(fetch(OLD, 2, at(2), 0), FetchResponse.class);
        assertEquals(2, count(row(client.call(fetch(NEWEST, -1, at(0), 0), FetchResponse.class))));
    }

    @Test
    void acksAllIsToldWhenTheFollowerDoesNotComeOrLeadershipIsLost() throws IOException {
        assertEquals(Errors.REQUEST_TIMED_OUT, error(client.call(produce(ALL, 1, 100), ProduceResponse.class)));
        RequestHeader produced = client.send(produce(ALL, 1, 30_000));
        awaitEnd(2);
        broker.registry().becomeFollower(state(2, 2, List.of(1, 2)));
        assertEquals(Errors.NOT_LEADER_OR_FOLLOWER, error(client.receive(produced)));
    }

    @Test
    void aTermThatBeganAnewDoesNotAcknowledgeTheOldOnesRecords() throws IOException {
        RequestHeader produced = client.send(produce(ALL, 1, 30_000));
        awaitEnd(1);
        lead(2, List.of(1));
        assertEquals(Errors.NOT_LEADER_OR_FOLLOWER, error(client.receive(produced)));
    }

    @Test
    void whatDoesNotFitIsTold() throws IOException {
        client.call(produce((short) 1, 4, 1000), ProduceResponse.class);
        assertEquals(Errors.UNKNOWN_LEADER_EPOCH, refusal(3, at(0)));
        assertEquals(Errors.OFFSET_OUT_OF_RANGE, refusal(2, at(5)));
        assertEquals(Errors.FENCED_LEADER_EPOCH, refusal(2, at(4).setCurrentLeaderEpoch(0)));
        assertEquals(Errors.UNKNOWN_LEADER_EPOCH, refusal(2, at(4).setCurrentLeaderEpoch(2)));
        lead(4, List.of(1, 2));
        PartitionData row = row(follower.call(fetch(NEWEST, 2, at(9).setLastFetchedEpoch(1), 0), FetchResponse.class));
        assertEquals(1, row.divergingEpoch().epoch());
        assertEquals(4, row.divergingEpoch().endOffset());
        assertEquals(0, partition.log().highWatermark(), "nothing of all that was noted");
        broker.registry().becomeFollower(state(2, 5, List.of(1, 2)));
        assertEquals(Errors.NOT_LEADER_OR_FOLLOWER, refusal(2, at(4)));
    }

    private Partition lead(int epoch, List<Integer> isr) {
        return broker.registry().becomeLeader(state(1, epoch, isr));
    }

    private PartitionState state(int leader, int epoch, List<Integer> isr) {
        return new PartitionState("t", id, 0, leader, epoch, epoch, List.of(1, 2), isr);
    }

    private void awaitEnd(long offset) {
        while (partition.logEndOffset() < offset) {
            Thread.onSpinWait();
        }
    }

    private Errors refusal(int replica, FetchPartition asked) throws IOException {
        return Errors.forCode(row(follower.call(fetch(NEWEST, replica, asked, 0), FetchResponse.class))
                .errorCode());
    }

    private static FetchPartition at(long offset) {
        return new FetchPartition().setFetchOffset(offset).setLogStartOffset(0).setPartitionMaxBytes(1 << 20);
    }

    private FetchRequest fetch(short version, int replica, FetchPartition asked, int waitMs) {
        FetchRequestData data = new FetchRequestData()
                .setMaxWaitMs(waitMs)
                .setMinBytes(1)
                .setMaxBytes(1 << 20)
                .setSessionId(0)
                .setSessionEpoch(-1);
        FetchTopic topic = new FetchTopic().setPartitions(List.of(asked));
        if (version == NEWEST) {
            topic.setTopicId(id);
            data.replicaState().setReplicaId(replica).setReplicaEpoch(replica < 0 ? -1 : 7);
        } else {
            topic.setTopic("t");
            data.setReplicaId(replica);
        }
        data.topics().add(topic);
        return new FetchRequest(data, version);
    }

    private static PartitionData row(AbstractResponse response) {
        return ((FetchResponse) response).data().responses().get(0).partitions().get(0);
    }

    private static int count(PartitionData row) {
        int count = 0;
        for (var record : ((MemoryRecords) row.records()).records()) {
            record.ensureValid();
            count++;
        }
        return count;
    }

    private ProduceRequest produce(short acks, int records, int timeoutMs) {
        SimpleRecord[] all = new SimpleRecord[records];
        java.util.Arrays.setAll(all, i -> new SimpleRecord(System.currentTimeMillis(), new byte[10]));
        ByteBuffer batch = MemoryRecords.withRecords(Compression.NONE, all).buffer();
        ProduceRequestData data = new ProduceRequestData().setAcks(acks).setTimeoutMs(timeoutMs);
        data.topicData()
                .add(new TopicProduceData()
                        .setName("t")
                        .setPartitionData(
                                List.of(new PartitionProduceData().setRecords(MemoryRecords.readableRecords(batch)))));
        return new ProduceRequest(data, (short) 11);
    }

    private static Errors error(AbstractResponse response) {
        return Errors.forCode(((ProduceResponse) response)
                .data()
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .get(0)
                .errorCode());
    }
}
