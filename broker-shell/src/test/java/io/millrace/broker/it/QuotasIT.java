package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.RawConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Quotas by client id and by user: told in the answers, kept to by not reading, gone when they are removed. */
final class QuotasIT {
    private static final Duration BOUND = Duration.ofSeconds(60);

    /** Bytes a second; over Kafka's ten whole windows of a second, half a megabyte at once is too much. */
    private static final double RATE = 50_000;

    private static final int RECORD_BYTES = 100_000;

    /** The client id of every {@link RawConnection}. */
    private static final String CLIENT_ID = "raw-connection";

    @RegisterExtension
    static final BrokerUnderTest BROKER = BrokerUnderTest.with();

    private Admin admin;

    @BeforeEach
    void connect() {
        admin = Clients.admin(BROKER.bootstrap());
    }

    @AfterEach
    void disconnect() {
        admin.close();
    }

    @Test
    void whoProducesTooMuchIsToldAndNotRead() {
        Clients.createTopic(admin, "produced", 1, Map.of());
        ClientQuotaEntity client = entity(ClientQuotaEntity.CLIENT_ID, CLIENT_ID);
        alter(client, "producer_byte_rate", RATE);
        assertEquals(
                Map.of(client, Map.of("producer_byte_rate", RATE)),
                Clients.get(admin.describeClientQuotas(ClientQuotaFilter.all()).entities()));
        try (RawConnection connection = connection()) {
            List<Integer> throttles = new ArrayList<>();
            Await.until("a throttle time", BOUND, () -> throttles, () -> {
                throttles.add(produce(connection, "produced").throttleTimeMs());
                return throttles.get(throttles.size() - 1) > 0;
            });
            long sentNs = System.nanoTime();
            int told = throttles.get(throttles.size() - 1);
            produce(connection, "produced");
            long waitedMs = (System.nanoTime() - sentNs) / 1_000_000;
            assertTrue(waitedMs >= told - 200, "waited " + waitedMs + " ms after a throttle of " + told);
        }
        alter(client, "producer_byte_rate", null);
        Await.until("the quota to be gone", BOUND, () -> {
            try (RawConnection connection = connection()) {
                return produce(connection, "produced").throttleTimeMs() == 0;
            }
        });
    }

    @Test
    void whoFetchesTooMuchGetsNothingForAWhile() {
        Clients.createTopic(admin, "fetched", 1, Map.of());
        ClientQuotaEntity user = entity(ClientQuotaEntity.USER, "ANONYMOUS");
        try (RawConnection connection = connection()) {
            for (int i = 0; i < 20; i++) {
                produce(connection, "fetched");
            }
            assertEquals(0, fetch(connection).throttleTimeMs());
            alter(user, "consumer_byte_rate", RATE);
            Await.until("a throttle time", BOUND, () -> {
                FetchResponseData answer = fetch(connection);
                assertTrue(answer.throttleTimeMs() == 0 || answer.responses().isEmpty(), answer.toString());
                return answer.throttleTimeMs() > 0;
            });
        }
        alter(user, "consumer_byte_rate", null);
        Await.until("records again", BOUND, () -> {
            try (RawConnection connection = connection()) {
                return !fetch(connection).responses().isEmpty();
            }
        });
    }

    private void alter(ClientQuotaEntity entity, String quota, Double value) {
        Clients.get(admin.alterClientQuotas(
                        List.of(new ClientQuotaAlteration(entity, List.of(new ClientQuotaAlteration.Op(quota, value)))))
                .all());
    }

    private static ClientQuotaEntity entity(String type, String name) {
        return new ClientQuotaEntity(new HashMap<>(Map.of(type, name)));
    }

    private static RawConnection connection() {
        return RawConnection.open(
                Integer.parseInt(BROKER.bootstrap().substring(BROKER.bootstrap().lastIndexOf(':') + 1)));
    }

    private static ProduceResponseData produce(RawConnection connection, String topic) {
        MemoryRecords records = MemoryRecords.withRecords(
                Compression.NONE, new SimpleRecord(System.currentTimeMillis(), new byte[RECORD_BYTES]));
        ProduceRequestData data = new ProduceRequestData().setAcks((short) 1).setTimeoutMs(10_000);
        data.topicData()
                .add(new ProduceRequestData.TopicProduceData()
                        .setName(topic)
                        .setPartitionData(List.of(new ProduceRequestData.PartitionProduceData()
                                .setIndex(0)
                                .setRecords(records))));
        return ((ProduceResponse) connection.request(new ProduceRequest(data, (short) 12))).data();
    }

    private static FetchResponseData fetch(RawConnection connection) {
        FetchRequestData data = new FetchRequestData()
                .setMaxWaitMs(500)
                .setMinBytes(1)
                .setMaxBytes(1 << 20)
                .setTopics(List.of(new FetchRequestData.FetchTopic()
                        .setTopic("fetched")
                        .setPartitions(List.of(new FetchRequestData.FetchPartition()
                                .setPartition(0)
                                .setFetchOffset(0)
                                .setPartitionMaxBytes(1 << 20)))));
        return ((FetchResponse) connection.request(new FetchRequest(data, (short) 12))).data();
    }
}
