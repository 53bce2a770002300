package io.millrace.broker.net;

import io.millrace.broker.request.RequestRouter;
import io.netty.channel.EventLoop;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.network.ListenerName;

/**
 * What the connections of one listener share: its name, router, limits and the memory budget, and for each event loop
 * the set of its connections, which are swept once a second for frames and clients that are overdue. Owned by the
 * server; each set belongs to its loop.
 */
final class ListenerContext {
    private static final long SWEEP_S = 1;

    private final ListenerName listener;
    private final RequestRouter router;
    private final MemoryBudget budget;
    private final NetworkLimits limits;
    private final AtomicLong connectionNumbers = new AtomicLong();
    private final Map<EventLoop, Set<ClientConnection>> byLoop = new ConcurrentHashMap<>();

    ListenerContext(ListenerName listener, RequestRouter router, MemoryBudget budget, NetworkLimits limits) {
        this.listener = listener;
        this.router = router;
        this.budget = budget;
        this.limits = limits;
    }

    ListenerName listener() {
        return listener;
    }

    RequestRouter router() {
        return router;
    }

    MemoryBudget budget() {
        return budget;
    }

    NetworkLimits limits() {
        return limits;
    }

    long nextConnectionNumber() {
        return connectionNumbers.getAndIncrement();
    }

    /** A connection began on {@code loop}; called there. */
    void joined(ClientConnection connection, EventLoop loop) {
        byLoop.computeIfAbsent(loop, this::startSweep).add(connection);
    }

    /** A connection has ended; called on its loop. */
    void left(ClientConnection connection) {
        Set<ClientConnection> connections = byLoop.get((EventLoop) connection.loop());
        if (connections != null) {
            connections.remove(connection);
        }
    }

    private Set<ClientConnection> startSweep(EventLoop loop) {
        Set<ClientConnection> connections = new HashSet<>();
        var unused = loop.scheduleWithFixedDelay(() -> sweep(connections), SWEEP_S, SWEEP_S, TimeUnit.SECONDS);
        return connections;
    }

    private static void sweep(Set<ClientConnection> connections) {
        long nowNs = System.nanoTime();
        for (ClientConnection connection : connections.toArray(new ClientConnection[0])) {
            connection.checkDeadlines(nowNs);
        }
    }
}
