package io.millrace.broker.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections, frames and the order of answers, by a client that counts bytes. */
class NettyServerTest {
    private TestListener listener;

    @BeforeEach
    void listen() throws IOException {
        listener = TestListener.start();
    }

    @AfterEach
    void close() {
        listener.close();
    }

    @Test
    void apiVersionsTellsOnlyWhatIsServed() throws IOException {
        listener.router.register(ApiKeys.LIST_GROUPS, request -> request.respond(new ListGroupsResponseData()));
        try (WireClient client = listener.connect()) {
            for (short version = 0; version <= ApiKeys.API_VERSIONS.latestVersion(); version++) {
                ApiVersionsResponse answer = client.call(apiVersions(version), ApiVersionsResponse.class);
                assertEquals(Errors.NONE.code(), answer.data().errorCode());
                assertEquals(2, answer.data().apiKeys().size());
                assertNotNull(answer.apiVersion(ApiKeys.LIST_GROUPS.id));
                assertNull(answer.apiVersion(ApiKeys.FETCH.id));
            }
        }
    }

    @Test
    void unknownVersionOfApiVersionsIsAnsweredInVersion0() throws IOException {
        try (WireClient client = listener.connect()) {
            ByteBuffer request = ByteBuffer.allocate(32);
            request.putShort(ApiKeys.API_VERSIONS.id).putShort((short) 99).putInt(7);
            request.putShort((short) 1).put((byte) 'x').put((byte) 0).put((byte) 42);
            client.sendFrame(java.util.Arrays.copyOf(request.array(), request.position()));
            ByteBuffer answer = client.receiveFrame();
            assertEquals(7, answer.getInt());
            assertEquals(Errors.UNSUPPORTED_VERSION.code(), answer.getShort());
            assertEquals(1, answer.getInt(), "versions of ApiVersions itself");
            assertEquals(ApiKeys.API_VERSIONS.id, answer.getShort());
            assertEquals(0, answer.getShort());
            assertEquals(ApiKeys.API_VERSIONS.latestVersion(), answer.getShort());
            assertFalse(answer.hasRemaining());
            assertEquals(
                    0,
                    client.call(apiVersions((short) 3), ApiVersionsResponse.class)
                            .data()
                            .errorCode());
        }
    }

    @Test
    void malformedClientSoftwareNameIsAnInvalidRequest() throws IOException {
        try (WireClient client = listener.connect()) {
            ApiVersionsRequestData data =
                    new ApiVersionsRequestData().setClientSoftwareName("-bad-").setClientSoftwareVersion("1");
            ApiVersionsResponse answer =
                    client.call(new ApiVersionsRequest(data, (short) 4), ApiVersionsResponse.class);
            assertEquals(Errors.INVALID_REQUEST.code(), answer.data().errorCode());
        }
    }

    @Test
    void answersLeaveInTheOrderOfTheRequests() throws Exception {
        LinkedBlockingQueue<Request> held = new LinkedBlockingQueue<>();
        listener.router.register(ApiKeys.LIST_GROUPS, held::add);
        try (WireClient client = listener.connect()) {
            List<RequestHeader> sent = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                sent.add(client.send(listGroups()));
            }
            List<Request> requests = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                requests.add(held.poll(10, TimeUnit.SECONDS));
            }
            Collections.reverse(requests);
            requests.forEach(request -> request.respond(new ListGroupsResponseData()));
            for (RequestHeader header : sent) {
                client.receive(header); // throws where the correlation id differs
            }
        }
    }

    @Test
    void aRequestCanHoldThoseBehindIt() throws Exception {
        LinkedBlockingQueue<Request> seen = new LinkedBlockingQueue<>();
        listener.router.register(ApiKeys.LIST_GROUPS, request -> {
            request.holdFollowing();
            seen.add(request);
        });
        try (WireClient client = listener.connect()) {
            RequestHeader first = client.send(listGroups());
            RequestHeader second = client.send(listGroups());
            Request held = seen.poll(10, TimeUnit.SECONDS);
            assertNull(seen.poll(100, TimeUnit.MILLISECONDS));
            held.respond(new ListGroupsResponseData());
            client.receive(first);
            seen.poll(10, TimeUnit.SECONDS).respond(new ListGroupsResponseData());
            client.receive(second);
        }
    }

    @Test
    void whateverAHandlerThrowsIsAnswered() throws IOException {
        listener.router.register(ApiKeys.LIST_GROUPS, request -> {
            throw new OutOfMemoryError("as a test");
        });
        try (WireClient client = listener.connect()) {
            for (int i = 0; i < 3; i++) {
                ListGroupsResponse answer = client.call(listGroups(), ListGroupsResponse.class);
                assertEquals(Errors.UNKNOWN_SERVER_ERROR.code(), answer.data().errorCode());
            }
        }
    }

    @Test
    void requestsOfAnApiOrVersionThatIsNotServedCloseTheConnection() throws IOException {
        try (WireClient client = listener.connect()) {
            client.send(listGroups());
            assertTrue(client.isClosedByBroker());
        }
        listener.router.register(ApiKeys.LIST_GROUPS, request -> request.respond(new ListGroupsResponseData()));
        try (WireClient client = listener.connect()) {
            client.sendFrame(ByteBuffer.allocate(10)
                    .putShort(ApiKeys.LIST_GROUPS.id)
                    .putShort((short) 77)
                    .array());
            assertTrue(client.isClosedByBroker());
        }
    }

    @Test
    void aRequestOfAClientThatLeftIsToldSo() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch handled = new CountDownLatch(1);
        listener.router.register(ApiKeys.LIST_GROUPS, request -> {
            request.onDisconnect(() -> {
                request.respond(new ListGroupsResponseData());
                told.countDown();
            });
            handled.countDown();
        });
        try (WireClient client = listener.connect()) {
            client.send(listGroups());
            assertTrue(handled.await(10, TimeUnit.SECONDS));
        }
        assertTrue(told.await(10, TimeUnit.SECONDS));
    }

    @Test
    void aBoundServerAcceptsOnlyWhenOpened() throws IOException {
        try (EventLoops loops = EventLoops.start(1)) {
            NettyServer server =
                    new NettyServer.Builder("X", "127.0.0.1", 0, new RequestRouter(), listener.budget, loops).bind();
            try (WireClient client = new WireClient(server.boundPort())) {
                RequestHeader sent = client.send(apiVersions((short) 4));
                assertEquals(0, server.connectionCount());
                server.open();
                client.receive(sent);
            }
            IOException taken = assertThrows(
                    IOException.class,
                    () -> new NettyServer.Builder(
                                    "X", "127.0.0.1", server.boundPort(), new RequestRouter(), listener.budget, loops)
                            .bind());
            assertTrue(taken.getMessage().contains("127.0.0.1:" + server.boundPort()), taken.getMessage());
            server.close();
        }
    }

    @Test
    void servesWithoutEpollToo() throws IOException {
        try (TestListener nio = new TestListener(false, TestListener.LIMITS, 64 << 20);
                WireClient client = nio.connect()) {
            assertEquals(
                    0,
                    client.call(apiVersions((short) 4), ApiVersionsResponse.class)
                            .data()
                            .errorCode());
        }
    }

    private static ApiVersionsRequest apiVersions(short version) {
        return new ApiVersionsRequest.Builder(version).build(version);
    }

    private static ListGroupsRequest listGroups() {
        return new ListGroupsRequest(new ListGroupsRequestData(), ApiKeys.LIST_GROUPS.latestVersion());
    }
}
