package io.millrace.broker.request;

import io.millrace.broker.protocol.RequestParser;
import io.millrace.broker.stat.RequestTimes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * One request of a client, from its frame to its answer. Made by the network layer on the connection's event loop,
 * owned by its handler until it is answered; {@link #respond}, {@link #fail}, {@link #respondNothing} and
 * {@link #closeConnection} end it and may be called from any thread, together exactly once.
 *
 * <p>Record and byte fields of {@link #data()} are slices of the request's buffer. They are valid until the request has
 * ended or {@link #releaseBuffer()} was called, and only for APIs that have such fields.
 */
public final class Request {
    private static final VarHandle ENDED;

    static {
        try {
            ENDED = MethodHandles.lookup().findVarHandle(Request.class, "ended", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final RequestHeader header;
    private final AbstractRequest body;
    private final Exchange exchange;
    private final RequestTimes times;

    private @Nullable RequestContext context;

    /** Set once by whoever ends the request; guards the exchange against a second answer. */
    @SuppressWarnings("UnusedVariable") // through ENDED
    private volatile boolean ended;

    public Request(RequestHeader header, AbstractRequest body, Exchange exchange, RequestTimes times) {
        this.header = header;
        this.body = body;
        this.exchange = exchange;
        this.times = times;
    }

    // Ending

    /**
     * Answers the request. Responses of a connection leave in the order of its requests.
     *
     * @throws IllegalStateException if the request has ended already
     */
    public void respond(ApiMessage response) {
        if (!end()) {
            throw new IllegalStateException("answered twice: " + header);
        }
        exchange.complete(response);
    }

    /**
     * Answers with the API's own error response for {@code cause}; nothing happens if the request has ended already.
     */
    public void fail(Throwable cause) {
        if (end()) {
            answerError(cause);
        }
    }

    /** Ends a request that wants no answer (acks=0). */
    public void respondNothing() {
        if (end()) {
            exchange.complete(null);
        }
    }

    /** Ends the request by closing its connection; {@code why} becomes one log line. */
    public void closeConnection(String why) {
        if (end()) {
            exchange.abort(why);
        }
    }

    // While it waits

    /** Gives the memory of the record fields back before the request has ended. */
    public void releaseBuffer() {
        exchange.releaseBuffer();
    }

    /** Keeps later requests of this connection from being handled before this one has ended. Event loop only. */
    public void holdFollowing() {
        exchange.holdFollowing();
    }

    /** Runs {@code action} on the event loop if the client goes away before the request has ended. */
    public void onDisconnect(Runnable action) {
        exchange.onDisconnect(action);
    }

    /** The client has used up a quota: nothing more is read of it for so long. To be called before the answer, which says so. */
    public void throttle(int milliseconds) {
        if (milliseconds > 0) {
            connection().pause(milliseconds);
        }
    }

    /** The event loop of the connection. */
    public ScheduledExecutorService loop() {
        return exchange.connection().loop();
    }

    // What was asked

    public RequestHeader header() {
        return header;
    }

    public ApiKeys api() {
        return header.apiKey();
    }

    /** The version to answer in. */
    public short apiVersion() {
        return RequestParser.responseVersion(header);
    }

    public String clientId() {
        return header.clientId();
    }

    /** Bytes of the frame. */
    public int sizeInBytes() {
        return exchange.requestBytes();
    }

    public int correlationId() {
        return header.correlationId();
    }

    public ApiMessage data() {
        return body.data();
    }

    /**
     * The parsed request as the message class of its API.
     *
     * @throws ClassCastException if the request is of another API
     */
    public <T extends ApiMessage> T data(Class<T> type) {
        return type.cast(body.data());
    }

    /** The parsed request in Kafka's wrapper, for the few things that only it knows. */
    public AbstractRequest body() {
        return body;
    }

    public Connection connection() {
        return exchange.connection();
    }

    public InetAddress clientAddress() {
        return connection().clientAddress();
    }

    public ListenerName listener() {
        return connection().listener();
    }

    public KafkaPrincipal principal() {
        return connection().principal();
    }

    /** Where the time of this request goes; its handler adds to it. */
    public RequestTimes times() {
        return times;
    }

    /** Kafka's own view of this request, for its coordinators. Made when first asked for; one thread at a time. */
    public RequestContext context() {
        RequestContext made = context;
        if (made == null) {
            made = newContext();
            context = made;
        }
        return made;
    }

    @Override
    public String toString() {
        return header + " from " + connection().id();
    }

    private RequestContext newContext() {
        Connection from = connection();
        return new RequestContext(
                header,
                from.id(),
                from.clientAddress(),
                Optional.of(from.clientPort()),
                from.principal(),
                from.listener(),
                from.securityProtocol(),
                from.clientInformation(),
                false,
                Optional.empty());
    }

    private void answerError(Throwable cause) {
        AbstractResponse response;
        try {
            response = body.getErrorResponse(cause);
        } catch (RuntimeException e) {
            exchange.abort("no error response for " + header + ": " + e + " after " + cause);
            return;
        }
        if (response == null) { // acks=0: the only error message that such a client can get
            exchange.abort("error without an answer for " + header + ": " + cause);
        } else {
            exchange.complete(response.data());
        }
    }

    private boolean end() {
        return ENDED.compareAndSet(this, false, true);
    }
}
