package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.net.WireClient;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.request.ClientQuotas;
import io.millrace.broker.request.produce.CompressedValidation;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Fetch on the wire: limits, errors, waiting, sessions. */
@Timeout(60)
class FetchTest {
    private static final short NEWEST = ApiKeys.FETCH.latestVersion();

    @TempDir
    Path directory;

    private TestBroker broker;
    private WireClient client;

    @BeforeEach
    void start() throws IOException {
        broker = new TestBroker(directory);
        broker.createTopic("t", 3);
        client = broker.connect();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        broker.close();
    }

    @Test
    void everyVersionIsServed() throws IOException {
        append(0, 1, 100);
        for (short version = ApiKeys.FETCH.oldestVersion(); version <= NEWEST; version++) {
            FetchRequestData data = fetch(version, 0, -1, partition(0, 0));
            FetchResponse answer = client.call(new FetchRequest(data, version), FetchResponse.class);
            PartitionData row = answer.data().responses().get(0).partitions().get(0);
            assertEquals(Errors.NONE.code(), row.errorCode());
            assertEquals(1, row.highWatermark());
            assertEquals(1, count(row), "version " + version);
        }
    }

    @Test
    void theFirstBatchIsWholeAndTheRestWithinTheLimits() throws IOException {
        for (int i = 0; i < 10; i++) {
            append(0, 1, 1000);
            append(1, 1, 1000);
        }
        List<PartitionData> rows =
                fetchNow(fetch(NEWEST, 0, -1, partition(0, 0).setPartitionMaxBytes(10), partition(1, 0)));
        assertEquals(1, count(rows.get(0)));
        assertEquals(10, count(rows.get(1)));
        rows = fetchNow(fetch(NEWEST, 0, -1, partition(0, 0), partition(1, 0)).setMaxBytes(3000));
        int bytes = rows.get(0).records().sizeInBytes() + rows.get(1).records().sizeInBytes();
        assertTrue(bytes <= 3000, "bytes " + bytes);
        assertTrue(count(rows.get(0)) >= 2);
    }

    @Test
    void largeAndSmallPartsComeInOneResponse() throws IOException {
        append(0, 1, 300_000);
        append(1, 1, 10);
        append(2, 1, 300_000);
        List<PartitionData> rows = fetchNow(fetch(NEWEST, 0, -1, partition(0, 0), partition(1, 0), partition(2, 0)));
        for (PartitionData row : rows) {
            assertEquals(1, count(row)); // the checksum is checked
        }
    }

    @Test
    void largeAnswersLeaveInPiecesAndInOrder() throws IOException {
        for (int i = 0; i < 3; i++) {
            append(i, 1, 900_000);
        }
        List<RequestHeader> sent = new java.util.ArrayList<>();
        for (int i = 0; i < 10; i++) {
            FetchRequestData data = fetch(NEWEST, 0, -1, partition(0, 0), partition(1, 0), partition(2, 0));
            sent.add(client.send(new FetchRequest(
                    i % 3 == 2 ? fetch(NEWEST, 0, -1, partition(i % 2, 1)) : data, NEWEST)));
        }
        for (int i = 0; i < 10; i++) {
            FetchResponse answer = (FetchResponse) client.receive(sent.get(i));
            List<PartitionData> rows = answer.data().responses().get(0).partitions();
            assertEquals(i % 3 == 2 ? 1 : 3, rows.size());
            for (PartitionData row : rows) {
                assertEquals(i % 3 == 2 ? 0 : 1, count(row));
            }
        }
    }

    @Test
    void whatCannotBeReadIsTold() throws IOException {
        append(0, 5, 10);
        assertEquals(Errors.OFFSET_OUT_OF_RANGE, error(partition(0, 6)));
        assertEquals(Errors.OFFSET_OUT_OF_RANGE, error(partition(0, -1)));
        assertEquals(Errors.NONE, error(partition(0, 5)));
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, error(partition(9, 0)));
        assertEquals(Errors.UNKNOWN_LEADER_EPOCH, error(partition(0, 0).setCurrentLeaderEpoch(7)));
        broker.registry().becomeLeader(broker.state("t", 0, 1, 3, List.of(1)));
        assertEquals(Errors.FENCED_LEADER_EPOCH, error(partition(0, 0).setCurrentLeaderEpoch(2)));
        FetchRequestData unknown = fetch(NEWEST, 0, -1, partition(0, 0));
        unknown.topics().get(0).setTopicId(Uuid.randomUuid());
        assertEquals(Errors.UNKNOWN_TOPIC_ID.code(), fetchNow(unknown).get(0).errorCode());
        broker.registry().becomeFollower(broker.state("t", 1, 2, 4, List.of(1, 2)));
        assertEquals(Errors.NOT_LEADER_OR_FOLLOWER, error(partition(1, 0)));
    }

    @Test
    void aDivergingEpochIsTold() throws IOException {
        append(0, 5, 10); // epoch 0 ends at 5
        broker.registry().becomeLeader(broker.state("t", 0, 1, 3, List.of(1)));
        append(0, 5, 10);
        PartitionData row = fetchNow(fetch(NEWEST, 0, -1, partition(0, 8).setLastFetchedEpoch(0)))
                .get(0);
        assertEquals(0, row.divergingEpoch().epoch());
        assertEquals(5, row.divergingEpoch().endOffset());
        row = fetchNow(fetch(NEWEST, 0, -1, partition(0, 8).setLastFetchedEpoch(3)))
                .get(0);
        assertEquals(-1, row.divergingEpoch().epoch());
        assertTrue(count(row) > 0);
    }

    @Test
    void aFetchWaitsForItsMinimum() throws IOException {
        FetchRequestData data = fetch(NEWEST, 0, -1, partition(0, 0), partition(1, 0))
                .setMaxWaitMs(30_000)
                .setMinBytes(500);
        RequestHeader sent = client.send(new FetchRequest(data, NEWEST));
        append(0, 1, 200);
        client.socket().setSoTimeout(300);
        org.junit.jupiter.api.Assertions.assertThrows(
                java.net.SocketTimeoutException.class,
                () -> client.socket().getInputStream().read());
        client.socket().setSoTimeout(20_000);
        append(1, 1, 400);
        FetchResponse answer = (FetchResponse) client.receive(sent);
        List<PartitionData> rows = answer.data().responses().get(0).partitions();
        assertEquals(1, count(rows.get(0)));
        assertEquals(1, count(rows.get(1)));
    }

    @Test
    void aFetchEndsWhenItsTimeIsOver() throws IOException {
        long startNs = System.nanoTime();
        FetchRequestData data = fetch(NEWEST, 0, -1, partition(0, 0)).setMaxWaitMs(400);
        List<PartitionData> rows = fetchNow(data);
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
        assertEquals(0, rows.get(0).records().sizeInBytes());
        assertTrue(tookMs >= 390, "took " + tookMs);
    }

    @Test
    void lostLeadershipEndsTheWait() throws IOException {
        for (int epoch = 4; epoch < 204; epoch += 2) { // before, while and after the fetch begins to wait
            FetchRequestData data = fetch(NEWEST, 0, -1, partition(0, 0)).setMaxWaitMs(60_000);
            RequestHeader sent = client.send(new FetchRequest(data, NEWEST));
            for (int spins = 50 * epoch; spins > 0; spins--) {
                Thread.onSpinWait();
            }
            broker.registry().becomeFollower(broker.state("t", 0, 2, epoch, List.of(1, 2)));
            FetchResponse answer = (FetchResponse) client.receive(sent);
            assertEquals(
                    Errors.NOT_LEADER_OR_FOLLOWER.code(),
                    answer.data().responses().get(0).partitions().get(0).errorCode());
            broker.registry().becomeLeader(broker.state("t", 0, 1, epoch + 1, List.of(1)));
        }
    }

    @Test
    void aSessionTellsOnlyWhatHasChanged() throws IOException {
        append(0, 1, 100);
        FetchResponse first = send(fetch(NEWEST, 0, 0, partition(0, 0), partition(1, 0), partition(2, 0)));
        int session = first.sessionId();
        assertTrue(session > 0);
        assertEquals(3, first.data().responses().get(0).partitions().size());

        FetchResponse second = send(fetch(NEWEST, session, 1, partition(0, 1)));
        assertEquals(0, second.data().responses().size());

        append(2, 1, 100);
        FetchResponse third = send(fetch(NEWEST, session, 2));
        PartitionData row = third.data().responses().get(0).partitions().get(0);
        assertEquals(2, row.partitionIndex());
        assertEquals(1, third.data().responses().get(0).partitions().size());

        FetchRequestData forget = fetch(NEWEST, session, 3);
        forget.forgottenTopicsData()
                .add(new ForgottenTopic().setTopicId(broker.id("t")).setPartitions(List.of(2)));
        assertEquals(0, send(forget).data().responses().size());

        broker.registry().becomeFollower(broker.state("t", 1, 2, 4, List.of(1, 2)));
        for (int epoch = 4; epoch < 6; epoch++) { // an error is told again and again
            FetchResponse failing = send(fetch(NEWEST, session, epoch));
            assertEquals(
                    1, failing.data().responses().get(0).partitions().get(0).partitionIndex());
        }
    }

    @Test
    void sessionsThatAreNotThereOrNotInStepAreTold() throws IOException {
        FetchResponse first = send(fetch(NEWEST, 0, 0, partition(0, 0)));
        int session = first.sessionId();
        assertEquals(
                Errors.INVALID_FETCH_SESSION_EPOCH,
                send(fetch(NEWEST, session, 7)).error());
        assertEquals(
                Errors.FETCH_SESSION_ID_NOT_FOUND,
                send(fetch(NEWEST, session + 1, 1)).error());
        FetchRequestData byName = fetch((short) 12, session, 1);
        assertEquals(
                Errors.FETCH_SESSION_TOPIC_ID_ERROR,
                client.call(new FetchRequest(byName, (short) 12), FetchResponse.class)
                        .error());
        assertEquals(0, send(fetch(NEWEST, session, -1, partition(0, 0))).sessionId());
        assertEquals(
                Errors.FETCH_SESSION_ID_NOT_FOUND,
                send(fetch(NEWEST, session, 1)).error());
    }

    @Test
    void noMoreSessionsThanSlots() throws IOException {
        try (TestBroker small = new TestBroker(
                        directory.resolve("small"),
                        new DataPlaneSettings(
                                1 << 20,
                                2,
                                1 << 20,
                                System::currentTimeMillis,
                                ClientQuotas.NONE,
                                CompressedValidation.FULL));
                WireClient other = small.connect()) {
            small.createTopic("t", 1);
            for (int i = 0; i < 4; i++) {
                FetchRequestData data = fetch((short) 12, 0, 0, partition(0, 0));
                FetchResponse answer = other.call(new FetchRequest(data, (short) 12), FetchResponse.class);
                assertEquals(i < 2, answer.sessionId() != 0);
            }
        }
    }

    private void append(int partition, int records, int valueBytes) {
        SimpleRecord[] all = new SimpleRecord[records];
        java.util.Arrays.setAll(all, i -> new SimpleRecord(System.currentTimeMillis(), new byte[valueBytes]));
        ByteBuffer batch = MemoryRecords.withRecords(Compression.NONE, all).buffer();
        Partition target = broker.partition("t", partition);
        assertEquals(AppendStatus.APPENDED, target.append(batch, AppendOrigin.CLIENT, new AppendResult()));
    }

    private Errors error(FetchPartition partition) throws IOException {
        return Errors.forCode(fetchNow(fetch(NEWEST, 0, -1, partition)).get(0).errorCode());
    }

    private FetchResponse send(FetchRequestData data) throws IOException {
        return client.call(new FetchRequest(data, NEWEST), FetchResponse.class);
    }

    private List<PartitionData> fetchNow(FetchRequestData data) throws IOException {
        return send(data).data().responses().get(0).partitions();
    }

    private FetchRequestData fetch(short version, int session, int epoch, FetchPartition... partitions) {
        FetchRequestData data = new FetchRequestData()
                .setMaxWaitMs(0)
                .setMinBytes(1)
                .setMaxBytes(10 << 20)
                .setSessionId(version >= 7 ? session : 0)
                .setSessionEpoch(version >= 7 ? epoch : -1);
        if (partitions.length > 0) {
            FetchTopic topic = new FetchTopic().setPartitions(List.of(partitions));
            if (version >= 13) {
                topic.setTopicId(broker.id("t"));
            } else {
                topic.setTopic("t");
            }
            data.topics().add(topic);
        }
        return data;
    }

    private static FetchPartition partition(int index, long offset) {
        return new FetchPartition().setPartition(index).setFetchOffset(offset).setPartitionMaxBytes(1 << 20);
    }

    private static int count(PartitionData row) {
        int count = 0;
        for (var batch : ((MemoryRecords) row.records()).batches()) {
            batch.ensureValid();
            count += batch.countOrNull();
        }
        return count;
    }
}
