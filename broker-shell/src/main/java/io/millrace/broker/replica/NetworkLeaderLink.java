package io.millrace.broker.replica;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ClientRequest;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.ManualMetadataUpdater;
import org.apache.kafka.clients.MetadataRecoveryStrategy;
import org.apache.kafka.clients.NetworkClient;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ChannelBuilder;
import org.apache.kafka.common.network.Selectable;
import org.apache.kafka.common.network.Selector;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/** A connection by Kafka's own client, so that whatever a listener asks of a client is met. Answers go into an {@link AnswerBuffer}. */
final class NetworkLeaderLink implements LeaderLink {
    private static final long RECONNECT_MS = 1;
    private static final long RECONNECT_MS_MAX = 500;
    /** A wait that has just begun is not given up: it may end by itself, and the connection costs more. */
    private static final long GIVE_UP_AFTER_MS = 50;

    private final Supplier<Optional<Node>> address;
    private final ConnectionOptions options;
    private final String clientId;
    private final Metrics metrics = new Metrics();
    private final AnswerBuffer buffer = new AnswerBuffer();
    private final NetworkClient client;
    /** What the client is connected to. */
    private @Nullable Node connected;

    private volatile boolean stopped;

    NetworkLeaderLink(
            Supplier<Optional<Node>> address,
            String clientId,
            ConnectionOptions options,
            ChannelBuilder channels,
            LogContext context) {
        this.address = address;
        this.clientId = clientId;
        this.options = options;
        Selector selector = new Selector(
                options.answerBytesMax(),
                -1,
                metrics,
                Time.SYSTEM,
                "replica-fetcher",
                Map.of(),
                false,
                false,
                channels,
                buffer,
                context);
        client = new NetworkClient(
                selector,
                new ManualMetadataUpdater(),
                clientId,
                1,
                RECONNECT_MS,
                RECONNECT_MS_MAX,
                Selectable.USE_DEFAULT_BUFFER_SIZE,
                options.receiveBufferBytes(),
                options.timeoutMs(),
                options.connectMs(),
                options.connectMsMax(),
                Time.SYSTEM,
                true,
                new ApiVersions(),
                context,
                MetadataRecoveryStrategy.NONE);
    }

    @Override
    public <T extends AbstractRequest> @Nullable AbstractResponse call(
            AbstractRequest.Builder<T> request, BooleanSupplier giveUp) throws IOException {
        Node node = address.get().orElseThrow(() -> new IOException("its address is not known, or it is not alive"));
        forgetOther(node);
        try {
            awaitReady(node);
            return exchange(node, request, giveUp);
        } catch (IOException e) {
            client.disconnect(node.idString());
            throw e;
        } catch (RuntimeException e) {
            // An answer that is not what its length and version promise.
            client.disconnect(node.idString());
            throw new IOException("unreadable answer: " + e.getMessage(), e);
        }
    }

    /** A broker may come back at another address. */
    private void forgetOther(Node node) {
        Node before = connected;
        if (before != null && !before.equals(node)) {
            client.disconnect(before.idString());
        }
        connected = node;
    }

    private void awaitReady(Node node) throws IOException {
        long deadline = Time.SYSTEM.milliseconds() + options.connectMs();
        while (!client.ready(node, Time.SYSTEM.milliseconds())) {
            requireOpen();
            AuthenticationException refused = client.authenticationException(node);
            if (refused != null) {
                throw new IOException("refused: " + refused.getMessage(), refused);
            }
            long now = Time.SYSTEM.milliseconds();
            if (client.connectionFailed(node) || now >= deadline) {
                throw new IOException("cannot connect to " + node.host() + ":" + node.port());
            }
            var unused = client.poll(deadline - now, now);
        }
    }

    private <T extends AbstractRequest> @Nullable AbstractResponse exchange(
            Node node, AbstractRequest.Builder<T> request, BooleanSupplier giveUp) throws IOException {
        long now = Time.SYSTEM.milliseconds();
        long startNs = System.nanoTime();
        ClientRequest sent = client.newClientRequest(node.idString(), request, now, true, options.timeoutMs(), null);
        buffer.expectAnswer();
        client.send(sent, now);
        long waitMs = options.timeoutMs();
        while (true) {
            for (ClientResponse response : client.poll(waitMs, Time.SYSTEM.milliseconds())) {
                if (response.requestHeader().correlationId() == sent.correlationId()) {
                    return body(response);
                }
            }
            requireOpen();
            waitMs = options.timeoutMs();
            if (giveUp.getAsBoolean() && !buffer.hasBegun()) {
                long waitedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
                if (waitedMs >= GIVE_UP_AFTER_MS) {
                    client.disconnect(node.idString());
                    return null;
                }
                waitMs = GIVE_UP_AFTER_MS - waitedMs;
            }
        }
    }

    private static AbstractResponse body(ClientResponse response) throws IOException {
        if (response.authenticationException() != null) {
            throw new IOException("refused", response.authenticationException());
        }
        if (response.versionMismatch() != null) {
            throw new IOException("it is too old to be followed", response.versionMismatch());
        }
        if (response.wasDisconnected()) {
            throw new IOException("connection lost");
        }
        return response.responseBody();
    }

    private void requireOpen() throws IOException {
        if (stopped) {
            throw new IOException("stopped");
        }
    }

    @Override
    public void wakeup() {
        client.wakeup();
    }

    @Override
    public void stop() {
        stopped = true;
        client.wakeup();
    }

    @Override
    public void close() {
        client.close();
        metrics.close();
    }

    @Override
    public String toString() {
        return clientId + " to " + connected;
    }
}
