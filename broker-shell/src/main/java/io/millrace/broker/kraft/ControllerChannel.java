package io.millrace.broker.kraft;

import java.net.InetAddress;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.NodeApiVersions;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.EnvelopeResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.NodeToControllerChannelManagerImpl;
import org.apache.kafka.server.RaftControllerNodeProvider;
import org.apache.kafka.server.common.ControllerRequestCompletionHandler;
import org.apache.kafka.server.common.NodeToControllerChannelManager;
import org.jspecify.annotations.Nullable;

/**
 * The way from this node to the active controller: a call in the process while this node is that controller, TCP
 * otherwise.
 *
 * <p>The TCP side, with its thread and connection, comes into being when it is first needed, so a single node never has
 * it. A call that finds the controller gone is sent again to whoever the quorum elects, until its time is up. Any
 * thread may call; completion comes on the controller's or the connection's thread.
 */
final class ControllerChannel implements NodeToControllerChannelManager {
    /** How soon a call is tried again while an election is going on. */
    private static final long RETRY_MS = 5;

    private final KraftConfig config;
    private final RaftNode raft;
    private final @Nullable ControllerNode local;
    private final Metrics metrics;
    private final String purpose;
    private final long timeoutMs;
    private final AtomicInteger correlation = new AtomicInteger();
    private final Executor retries = CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS);

    /** Guarded by this. */
    private @Nullable NodeToControllerChannelManager remote;

    /** Guarded by this. */
    private boolean closed;

    /**
     * A channel that is ready at once.
     *
     * @param local this node's controller, null on a node that is only a broker
     * @param purpose names the thread and the metrics of the TCP side
     * @param timeoutMs how long a request may wait for a controller
     */
    ControllerChannel(
            KraftConfig config,
            RaftNode raft,
            @Nullable ControllerNode local,
            Metrics metrics,
            String purpose,
            long timeoutMs) {
        this.config = config;
        this.raft = raft;
        this.local = local;
        this.metrics = metrics;
        this.purpose = purpose;
        this.timeoutMs = timeoutMs;
    }

    @Override
    public void start() {}

    @Override
    public void shutdown() throws InterruptedException {
        NodeToControllerChannelManager opened;
        synchronized (this) {
            closed = true;
            opened = remote;
        }
        if (opened != null) {
            opened.shutdown();
        }
    }

    @Override
    public Optional<NodeApiVersions> controllerApiVersions() {
        NodeToControllerChannelManager opened;
        synchronized (this) {
            opened = remote;
        }
        return opened == null || isLocal() ? Optional.empty() : opened.controllerApiVersions();
    }

    @Override
    public long getTimeoutMs() {
        return timeoutMs;
    }

    /** The brokers' own request, answered through Kafka's callback. */
    @Override
    public void sendRequest(
            AbstractRequest.Builder<? extends AbstractRequest> request, ControllerRequestCompletionHandler callback) {
        long sentMs = System.currentTimeMillis();
        var unused = send(request).whenComplete((response, failure) -> {
            if (failure != null && Failures.unwrapped(failure) instanceof TimeoutException) {
                callback.onTimeout();
            } else {
                callback.onComplete(clientResponse(request, sentMs, response));
            }
        });
    }

    /** The brokers' own request. */
    CompletableFuture<AbstractResponse> send(AbstractRequest.Builder<? extends AbstractRequest> builder) {
        CompletableFuture<AbstractResponse> answer = new CompletableFuture<>();
        AbstractRequest request = builder.build(builder.latestAllowedVersion());
        RequestHeader header = new RequestHeader(
                request.apiKey(), request.version(), "node-" + config.nodeId(), correlation.incrementAndGet());
        ControllerCall call = new ControllerCall(header, ownContext(header), request.data(), false);
        attempt(new Attempt(
                call,
                deadlineNs(),
                response -> answer.complete(parsed(header, response)),
                failure -> fail(answer, request, failure),
                () -> sendRemotely(builder, answer)));
        return answer;
    }

    /** A time-out is the caller's to repeat; whatever else the controller failed with is its answer, as over TCP. */
    private static void fail(CompletableFuture<AbstractResponse> answer, AbstractRequest request, Throwable failure) {
        if (failure instanceof TimeoutException) {
            answer.completeExceptionally(failure);
        } else {
            answer.complete(request.getErrorResponse(failure));
        }
    }

    /** A client's request, for which the controller acts as for the client itself. */
    CompletableFuture<ApiMessage> forward(RequestHeader header, RequestContext context, ApiMessage data) {
        CompletableFuture<ApiMessage> answer = new CompletableFuture<>();
        attempt(new Attempt(
                new ControllerCall(header, context, data, true),
                deadlineNs(),
                answer::complete,
                answer::completeExceptionally,
                () -> forwardRemotely(header, context, data, answer)));
        return answer;
    }

    private long deadlineNs() {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    }

    /** One call on its way, tried in the process until it is answered, out of time, or another node's business. */
    private record Attempt(
            ControllerCall call,
            long deadlineNs,
            Consumer<ApiMessage> onAnswer,
            Consumer<Throwable> onFailure,
            Runnable elsewhere) {}

    private void attempt(Attempt attempt) {
        ControllerNode controller = local;
        if (controller == null || isElsewhere()) {
            attempt.elsewhere().run();
            return;
        }
        var unused = controller.api().call(attempt.call()).whenComplete((response, failure) -> {
            Throwable cause = failure == null ? null : Failures.unwrapped(failure);
            if (cause == null) {
                attempt.onAnswer().accept(response);
            } else if (cause instanceof NotControllerException) {
                tryAgain(attempt);
            } else {
                attempt.onFailure().accept(cause);
            }
        });
    }

    private void tryAgain(Attempt attempt) {
        if (System.nanoTime() - attempt.deadlineNs() > 0 || isClosed()) {
            attempt.onFailure().accept(new TimeoutException("No controller was active within " + timeoutMs + " ms"));
        } else {
            retries.execute(() -> attempt(attempt));
        }
    }

    private boolean isLocal() {
        return local != null && !isElsewhere();
    }

    /** Whether the quorum has a leader that is not this node; with no leader yet, this node may become it. */
    private boolean isElsewhere() {
        OptionalInt leader = raft.client().leaderAndEpoch().leaderId();
        return leader.isPresent() && leader.getAsInt() != config.nodeId();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized NodeToControllerChannelManager remote() {
        if (closed) {
            throw new DisconnectException("The channel for " + purpose + " is closed");
        }
        NodeToControllerChannelManager opened = remote;
        if (opened == null) {
            opened = new NodeToControllerChannelManagerImpl(
                    RaftControllerNodeProvider.create(raft, config),
                    Time.SYSTEM,
                    metrics,
                    config,
                    purpose,
                    "millrace-",
                    timeoutMs);
            opened.start();
            remote = opened;
        }
        return opened;
    }

    private void sendRemotely(
            AbstractRequest.Builder<? extends AbstractRequest> builder, CompletableFuture<AbstractResponse> answer) {
        try {
            remote().sendRequest(builder, completing(answer));
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
        }
    }

    private void forwardRemotely(
            RequestHeader header, RequestContext context, ApiMessage data, CompletableFuture<ApiMessage> answer) {
        CompletableFuture<AbstractResponse> envelope = new CompletableFuture<>();
        var unused = envelope.thenApply(response -> Envelopes.opened(header, (EnvelopeResponseData) response.data()))
                .whenComplete((response, failure) -> {
                    if (failure != null) {
                        answer.completeExceptionally(Failures.unwrapped(failure));
                    } else {
                        answer.complete(response);
                    }
                });
        sendRemotely(Envelopes.enclose(header, data, context.principal, context.clientAddress), envelope);
    }

    private static ControllerRequestCompletionHandler completing(CompletableFuture<AbstractResponse> answer) {
        return new ControllerRequestCompletionHandler() {
            @Override
            public void onTimeout() {
                answer.completeExceptionally(new TimeoutException("The controller did not answer in time"));
            }

            @Override
            public void onComplete(ClientResponse response) {
                @Nullable RuntimeException failure = failureOf(response);
                if (failure != null) {
                    answer.completeExceptionally(failure);
                } else {
                    answer.complete(response.responseBody());
                }
            }
        };
    }

    private static @Nullable RuntimeException failureOf(ClientResponse response) {
        if (response.authenticationException() != null) {
            return response.authenticationException();
        }
        if (response.versionMismatch() != null) {
            return response.versionMismatch();
        }
        return response.hasResponse() ? null : new DisconnectException("The controller went away");
    }

    private RequestContext ownContext(RequestHeader header) {
        return new RequestContext(
                header,
                "in-process",
                InetAddress.getLoopbackAddress(),
                KafkaPrincipal.ANONYMOUS,
                new ListenerName(config.controllerListenerNames().get(0)),
                SecurityProtocol.PLAINTEXT,
                ClientInformation.EMPTY,
                true);
    }

    /** The controller's data in the class that Kafka's callbacks want. */
    private static AbstractResponse parsed(RequestHeader header, ApiMessage response) {
        return AbstractResponse.parseResponse(
                RequestUtils.serialize(
                        new ResponseHeaderData().setCorrelationId(header.correlationId()),
                        header.apiKey().responseHeaderVersion(header.apiVersion()),
                        response,
                        header.apiVersion()),
                header);
    }

    private static ClientResponse clientResponse(
            AbstractRequest.Builder<? extends AbstractRequest> request, long sentMs, @Nullable AbstractResponse body) {
        short version = request.latestAllowedVersion();
        return new ClientResponse(
                new RequestHeader(request.apiKey(), version, "", 0),
                null,
                "controller",
                sentMs,
                System.currentTimeMillis(),
                body == null,
                null,
                null,
                body);
    }
}
