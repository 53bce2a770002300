package io.millrace.broker.net;

import io.millrace.broker.request.RequestRouter;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** A listener on a free port of the loopback, with short deadlines. */
final class TestListener implements AutoCloseable {
    static final NetworkLimits LIMITS =
            new NetworkLimits(100 << 20, 16, 4 << 20, TimeUnit.SECONDS.toNanos(2), TimeUnit.MINUTES.toNanos(1));

    final RequestRouter router = new RequestRouter();
    final MemoryBudget budget;
    private final EventLoops loops;
    private final NettyServer server;

    TestListener(boolean epoll, NetworkLimits limits, long budgetBytes) throws IOException {
        budget = new MemoryBudget(budgetBytes);
        loops = EventLoops.start(2, epoll);
        server = new NettyServer.Builder("PLAINTEXT", "127.0.0.1", 0, router, budget, loops)
                .limits(limits)
                .bind();
        server.open();
    }

    static TestListener start() throws IOException {
        return new TestListener(true, LIMITS, 64 << 20);
    }

    int port() {
        return server.boundPort();
    }

    NettyServer server() {
        return server;
    }

    WireClient connect() throws IOException {
        return new WireClient(port());
    }

    @Override
    public void close() {
        server.close();
        loops.close();
    }
}
