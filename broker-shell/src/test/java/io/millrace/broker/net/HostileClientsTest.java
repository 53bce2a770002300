package io.millrace.broker.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Clients that send nonsense, too much, too little or nothing: others are unharmed and memory stays within its bound.
 */
@Timeout(60)
class HostileClientsTest {
    private static final int BUDGET = 64 << 20;
    private static final int ANNOUNCED = 100 << 20;

    private TestListener listener;

    @BeforeEach
    void listen() throws IOException {
        listener = new TestListener(true, TestListener.LIMITS, BUDGET);
    }

    @AfterEach
    void close() {
        listener.close();
    }

    @Test
    void randomBytesCloseTheirConnectionAndNoOther() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (WireClient good = listener.connect()) {
            for (int i = 0; i < 200; i++) {
                byte[] noise = new byte[1 + random.nextInt(2000)];
                random.nextBytes(noise);
                try (WireClient bad = listener.connect()) {
                    if (random.nextBoolean()) {
                        bad.sendFrame(noise); // a well-formed frame around nonsense
                    } else {
                        bad.sendBytes(noise);
                    }
                }
                answers(good);
            }
        } catch (IOException | AssertionError e) {
            throw new AssertionError("seed " + seed, e);
        }
        await(() -> listener.budget.usedBytes() == 0);
    }

    @Test
    void everyCutOfAFrameIsWaitedForOrClosed() throws IOException {
        ByteBuffer whole = new ApiVersionsRequest.Builder()
                .build((short) 4)
                .serializeWithHeader(new RequestHeader(ApiKeys.API_VERSIONS, (short) 4, "cut", 1));
        for (int cut = 0; cut < whole.remaining(); cut++) {
            try (WireClient client = listener.connect()) {
                byte[] part = new byte[cut];
                whole.duplicate().get(part);
                client.sendFrame(part); // announced as if it were whole
                assertTrue(client.isClosedByBroker(), "cut at " + cut);
            }
        }
    }

    @Test
    void sizesOutOfRangeCloseTheConnection() throws IOException {
        for (int size : new int[] {-1, Integer.MIN_VALUE, ANNOUNCED + 1, Integer.MAX_VALUE}) {
            try (WireClient client = listener.connect()) {
                client.sendSize(size);
                assertTrue(client.isClosedByBroker(), "size " + size);
            }
        }
    }

    @Test
    void aHalfFrameTimesOut() throws IOException {
        NetworkLimits hasty =
                new NetworkLimits(ANNOUNCED, 16, 1 << 20, TimeUnit.MILLISECONDS.toNanos(500), Long.MAX_VALUE);
        try (TestListener strict = new TestListener(true, hasty, BUDGET);
                WireClient client = strict.connect()) {
            client.sendSize(1000);
            client.sendBytes(new byte[10]);
            assertTrue(client.isClosedByBroker());
            await(() -> strict.budget.usedBytes() == 0);
        }
    }

    @Test
    void announcedFramesArePaidForOnlyAsTheyArrive() throws IOException {
        List<WireClient> greedy = new ArrayList<>();
        try (WireClient good = listener.connect()) {
            for (int i = 0; i < 64; i++) {
                WireClient client = listener.connect();
                greedy.add(client);
                client.sendSize(ANNOUNCED);
                client.sendBytes(new byte[1000]);
            }
            await(() -> listener.server().connectionCount() == 65);
            answers(good);
            assertTrue(listener.budget.usedBytes() <= 64 * 4096, "used " + listener.budget.usedBytes());
        } finally {
            for (WireClient client : greedy) {
                client.close();
            }
        }
        await(() -> listener.budget.usedBytes() == 0);
    }

    @Test
    void aCrowdOfHugeFramesStaysWithinTheBudgetAndLeavesRoomForOthers() throws Exception {
        List<CompletableFuture<Void>> senders = new ArrayList<>();
        List<WireClient> greedy = new ArrayList<>();
        try (WireClient good = listener.connect()) {
            for (int i = 0; i < 64; i++) {
                WireClient client = listener.connect();
                greedy.add(client);
                senders.add(CompletableFuture.runAsync(() -> sendForEver(client)));
            }
            await(() -> listener.budget.usedBytes() > BUDGET / 2);
            for (int i = 0; i < 100; i++) {
                answers(good);
                long used = listener.budget.usedBytes();
                assertTrue(used <= (long) BUDGET + ANNOUNCED + MemoryBudget.LARGE_FRAME, "used " + used);
            }
        } finally {
            for (WireClient client : greedy) {
                client.close();
            }
        }
        CompletableFuture.allOf(senders.toArray(new CompletableFuture<?>[0])).get(30, TimeUnit.SECONDS);
        await(() -> listener.budget.usedBytes() == 0);
    }

    @Test
    void largeFramesThatDoNotFitTogetherAllGetThroughInTurn() throws Exception {
        listener.router.register(ApiKeys.PRODUCE, request -> request.respond(new ProduceResponseData()));
        ProduceRequest large = produceOf(20 << 20);
        List<CompletableFuture<Void>> senders = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            senders.add(CompletableFuture.runAsync(() -> {
                try (WireClient client = listener.connect()) {
                    client.receive(client.send(large));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        CompletableFuture.allOf(senders.toArray(new CompletableFuture<?>[0])).get(50, TimeUnit.SECONDS);
        await(() -> listener.budget.usedBytes() == 0);
    }

    @Test
    void aSlowReaderIsNotReadFrom() throws IOException {
        AtomicInteger handled = new AtomicInteger();
        ListGroupsResponseData megabyte = new ListGroupsResponseData();
        megabyte.groups()
                .add(new ListGroupsResponseData.ListedGroup()
                        .setGroupId("x".repeat(1 << 20).substring(0, 32000)));
        for (int i = 0; i < 32; i++) {
            megabyte.groups().add(megabyte.groups().get(0).duplicate());
        }
        listener.router.register(ApiKeys.LIST_GROUPS, request -> {
            handled.incrementAndGet();
            request.respond(megabyte);
        });
        int requests = 100;
        List<RequestHeader> sent = new ArrayList<>();
        try (WireClient slow = listener.connect();
                WireClient good = listener.connect()) {
            for (int i = 0; i < requests; i++) {
                sent.add(slow.send(new ListGroupsRequest(new ListGroupsRequestData(), (short) 5)));
            }
            await(() -> handled.get() >= 4);
            answers(good);
            assertTrue(handled.get() < 40, "handled " + handled.get()); // 4 MiB, and what the socket buffers took
            for (RequestHeader header : sent) {
                slow.receive(header);
            }
        }
        assertEquals(requests, handled.get());
    }

    private static void sendForEver(WireClient client) {
        try {
            client.sendSize(ANNOUNCED);
            for (int i = 0; i < 90; i++) {
                client.sendBytes(new byte[1 << 20]);
            }
        } catch (IOException e) {
            // closed by the test, while the broker did not read
        }
    }

    private static ProduceRequest produceOf(int bytes) {
        ProduceRequestData data = new ProduceRequestData().setAcks((short) 1).setTimeoutMs(1000);
        data.topicData()
                .add(new ProduceRequestData.TopicProduceData()
                        .setName("t")
                        .setPartitionData(List.of(new ProduceRequestData.PartitionProduceData()
                                .setRecords(MemoryRecords.readableRecords(ByteBuffer.allocate(bytes))))));
        return new ProduceRequest(data, (short) 9);
    }

    private static void answers(WireClient client) throws IOException {
        ApiVersionsResponse answer =
                client.call(new ApiVersionsRequest.Builder().build((short) 4), ApiVersionsResponse.class);
        assertEquals(0, answer.data().errorCode());
    }

    private static void await(BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadlineNs, "condition not met in time");
            Thread.onSpinWait();
        }
    }
}
