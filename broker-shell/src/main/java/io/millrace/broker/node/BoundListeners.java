package io.millrace.broker.node;

import io.millrace.broker.config.ListenerSpec;
import io.millrace.broker.kraft.StartRefusal;
import io.millrace.broker.net.EventLoops;
import io.millrace.broker.net.MemoryBudget;
import io.millrace.broker.net.NettyServer;
import io.millrace.broker.net.NetworkLimits;
import io.millrace.broker.request.AdvertisedFeatures;
import io.millrace.broker.request.RequestRouter;
import io.millrace.broker.stat.NodeTimes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.metadata.ListenerInfo;

/**
 * The listeners of one role: bound early, so that the ports are known and a port in use is a refusal before anything is
 * written; opened when the role is ready.
 *
 * <p>Owner: {@link Node}.
 */
final class BoundListeners implements AutoCloseable {
    /** What all listeners of a node share. */
    record Network(EventLoops loops, MemoryBudget budget, NetworkLimits limits, int backlog) {}

    private final Map<String, NettyServer> servers = new LinkedHashMap<>();
    private final List<ListenerSpec> specs = new ArrayList<>();
    private final EventLoops loops;

    private BoundListeners(EventLoops loops) {
        this.loops = loops;
    }

    /**
     * Takes the ports; nobody is served yet.
     *
     * @throws StartRefusal naming the listener and its address, where a port cannot be had
     */
    static BoundListeners bind(
            List<ListenerSpec> specs,
            ListenerType type,
            RequestRouter router,
            Supplier<AdvertisedFeatures> features,
            Network network) {
        BoundListeners bound = new BoundListeners(network.loops());
        try {
            for (ListenerSpec spec : specs) {
                bound.add(spec, type, router, features, network);
            }
            return bound;
        } catch (IOException e) {
            bound.close();
            throw new StartRefusal(String.valueOf(e.getMessage()), e);
        }
    }

    private void add(
            ListenerSpec spec,
            ListenerType type,
            RequestRouter router,
            Supplier<AdvertisedFeatures> features,
            Network network)
            throws IOException {
        NettyServer server = new NettyServer.Builder(
                        spec.name(), spec.host(), spec.port(), router, network.budget(), network.loops())
                .listenerType(type)
                .features(features)
                .limits(network.limits())
                .backlog(network.backlog())
                .bind();
        servers.put(spec.name(), server);
        specs.add(spec.at(spec.host(), server.boundPort()));
    }

    /** Starts to accept on all. */
    void open() {
        servers.values().forEach(NettyServer::open);
    }

    /** Closes the ports; the connections stay until {@link #close}. */
    void stopAccepting() {
        servers.values().forEach(NettyServer::stopAccepting);
    }

    /** The listeners with their ports. */
    List<ListenerSpec> specs() {
        return List.copyOf(specs);
    }

    /** What the loops of these listeners measure. */
    NodeTimes times() {
        return loops.times();
    }

    /** The loops that serve these listeners. */
    EventLoops loops() {
        return loops;
    }

    /** The port of the listener. */
    int port(String listener) {
        NettyServer server = servers.get(listener);
        if (server == null) {
            throw new IllegalArgumentException("no listener " + listener);
        }
        return server.boundPort();
    }

    /** What others are told, the first one named first, with host names and ports filled in. */
    ListenerInfo advertised(Optional<String> first, List<Endpoint> endpoints) throws IOException {
        return ListenerInfo.create(first, endpoints)
                .withWildcardHostnamesResolved()
                .withEphemeralPortsCorrected(this::port);
    }

    @Override
    public void close() {
        servers.values().forEach(NettyServer::close);
    }
}
