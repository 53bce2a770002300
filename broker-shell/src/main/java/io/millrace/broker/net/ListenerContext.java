package io.millrace.broker.net;

import io.millrace.broker.request.RequestRouter;
import io.millrace.broker.stat.NodeTimes;
import io.netty.channel.EventLoop;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.network.ListenerName;

/**
 * What the connections of one listener share: its name, router, limits and the memory budget, and for each event loop
 * a {@link LoopContext}, whose connections are swept once a second for frames and clients that are overdue. Owned by the
 * server; each of those belongs to its loop.
 */
final class ListenerContext {
    private static final long SWEEP_S = 1;

    private final ListenerName listener;
    private final RequestRouter router;
    private final MemoryBudget budget;
    private final NetworkLimits limits;
    private final NodeTimes times;
    private final AtomicLong connectionNumbers = new AtomicLong();
    private final Map<EventLoop, LoopContext> byLoop = new ConcurrentHashMap<>();

    ListenerContext(
            ListenerName listener, RequestRouter router, MemoryBudget budget, NetworkLimits limits, NodeTimes times) {
        this.times = times;
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

    /** What the connections of this listener share on {@code loop}; called there. */
    LoopContext on(EventLoop loop) {
        return byLoop.computeIfAbsent(loop, this::startSweep);
    }

    private LoopContext startSweep(EventLoop loop) {
        LoopContext shared = new LoopContext(router, times.of(loop));
        var unused = loop.scheduleWithFixedDelay(shared::sweep, SWEEP_S, SWEEP_S, TimeUnit.SECONDS);
        return shared;
    }
}
