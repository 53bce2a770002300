package io.millrace.broker.admin;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.millrace.broker.request.Connection;
import io.millrace.broker.request.Exchange;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import io.millrace.broker.stat.RequestTimes;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/** Sends one request through a router without a network, waits for its answer and sees that it can be written. */
public final class TestRequest {
    public static final ListenerName LISTENER = new ListenerName("PLAINTEXT");

    private TestRequest() {}

    public static <R extends ApiMessage> R ask(
            Consumer<RequestRouter> handlers, AbstractRequest body, short version, Class<R> type) {
        RequestRouter router = new RequestRouter();
        handlers.accept(router);
        AnswerOnly exchange = new AnswerOnly();
        RequestHeader header = new RequestHeader(body.apiKey(), version, "test-client", 1);
        router.route(new Request(header, body, exchange, new RequestTimes(0, 0)));
        ApiMessage answer = exchange.answer.orTimeout(30, TimeUnit.SECONDS).join();
        assertNotNull(MessageUtil.toByteBufferAccessor(answer, version), "what cannot be written throws");
        return type.cast(answer);
    }

    public static <R extends ApiMessage> R ask(
            Consumer<RequestRouter> handlers, AbstractRequest.Builder<?> body, Class<R> type) {
        short version = body.latestAllowedVersion();
        return ask(handlers, body.build(version), version, type);
    }

    private static final class AnswerOnly implements Exchange {
        private final CompletableFuture<ApiMessage> answer = new CompletableFuture<>();

        @Override
        public Connection connection() {
            return new Loopback();
        }

        @Override
        public void complete(ApiMessage response) {
            answer.complete(response);
        }

        @Override
        public void abort(String why) {
            answer.completeExceptionally(new AssertionError("closed: " + why));
        }

        @Override
        public int requestBytes() {
            return 0;
        }

        @Override
        public void releaseBuffer() {}

        @Override
        public void holdFollowing() {}

        @Override
        public void onDisconnect(Runnable action) {}
    }

    private static final class Loopback implements Connection {
        @Override
        public String id() {
            return "127.0.0.1:9092-127.0.0.1:40000-1";
        }

        @Override
        public InetAddress clientAddress() {
            return InetAddress.getLoopbackAddress();
        }

        @Override
        public int clientPort() {
            return 40000;
        }

        @Override
        public ListenerName listener() {
            return LISTENER;
        }

        @Override
        public SecurityProtocol securityProtocol() {
            return SecurityProtocol.PLAINTEXT;
        }

        @Override
        public KafkaPrincipal principal() {
            return KafkaPrincipal.ANONYMOUS;
        }

        @Override
        public void pause(int milliseconds) {}

        @Override
        public ClientInformation clientInformation() {
            return ClientInformation.EMPTY;
        }

        @Override
        public void clientInformation(ClientInformation information) {}

        @Override
        public ScheduledExecutorService loop() {
            throw new UnsupportedOperationException("no event loop in this test");
        }

        @Override
        public boolean isOpen() {
            return true;
        }
    }
}
