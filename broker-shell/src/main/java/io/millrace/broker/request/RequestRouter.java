package io.millrace.broker.request;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which handler answers which API on one listener. Filled by the node before the listener starts, immutable in effect
 * afterwards: {@link #register} and {@link #route} are not to be mixed.
 *
 * <p>What is not registered is not advertised, and a request for it closes the connection, as Apache Kafka does.
 */
public final class RequestRouter {
    private static final Logger LOG = LoggerFactory.getLogger(RequestRouter.class);

    private final Map<ApiKeys, RequestHandler> handlers = Collections.synchronizedMap(new EnumMap<>(ApiKeys.class));

    /** A copy by API id, so that routing takes neither lock nor hash. */
    private volatile @Nullable RequestHandler[] byId = new RequestHandler[0];

    /**
     * Names the handler of an API.
     *
     * @throws IllegalArgumentException if it has one already
     */
    public RequestRouter register(ApiKeys api, RequestHandler handler) {
        if (handlers.putIfAbsent(api, handler) != null) {
            throw new IllegalArgumentException("two handlers for " + api);
        }
        publish();
        return this;
    }

    /** The APIs that have a handler. */
    public Set<ApiKeys> served() {
        synchronized (handlers) {
            return Set.copyOf(handlers.keySet());
        }
    }

    /** Whether a request of this API and version has a handler; any version of ApiVersions has (KIP-511). */
    public boolean serves(ApiKeys api, short version) {
        return handler(api) != null && api.isVersionEnabled(version, false);
    }

    /** Gives the request to its handler. Whatever the handler throws ends in an answer or a closed connection. */
    public void route(Request request) {
        RequestHandler handler = handler(request.api());
        if (handler == null) {
            request.closeConnection("no handler for " + request.header());
            return;
        }
        try {
            handler.handle(request);
        } catch (Throwable t) {
            failed(request, t);
        }
    }

    /** Has the in-place handler go on with what it has begun; what it throws ends as in {@link #route}. */
    public void finish(InPlaceHandler handler, Request request) {
        try {
            handler.finish(request);
        } catch (Throwable t) {
            failed(request, t);
        }
    }

    /** A new in-place handler of an API for one event loop, null where the API has none. */
    public @Nullable InPlaceHandler inPlace(ApiKeys api) {
        RequestHandler handler = handler(api);
        return handler == null ? null : handler.inPlace();
    }

    /** Answers, or closes the connection of, a request whose handler has thrown. */
    public static void failed(Request request, Throwable t) {
        if (Errors.forException(t) == Errors.UNKNOWN_SERVER_ERROR) {
            LOG.error("handler failed request={}", request, t);
        }
        request.fail(t);
    }

    private @Nullable RequestHandler handler(ApiKeys api) {
        RequestHandler[] all = byId;
        return api.id < all.length ? all[api.id] : null;
    }

    private void publish() {
        synchronized (handlers) {
            int size = 0;
            for (ApiKeys api : handlers.keySet()) {
                size = Math.max(size, api.id + 1);
            }
            @Nullable RequestHandler[] copy = new RequestHandler[size];
            handlers.forEach((api, handler) -> copy[api.id] = handler);
            byId = copy;
        }
    }
}
