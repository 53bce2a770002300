package io.millrace.broker.net;

import io.millrace.broker.request.InPlaceHandler;
import io.millrace.broker.request.RequestRouter;
import io.millrace.broker.stat.LoopTimes;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of one listener share on one event loop: the handlers that answer in place, and the set of the
 * connections for the sweep. Made on that loop and used there only.
 */
final class LoopContext {
    private final LoopTimes times;
    private final Set<ClientConnection> connections = new HashSet<>();

    /** By API id. */
    private final @Nullable InPlaceHandler[] inPlace;

    LoopContext(RequestRouter router, LoopTimes times) {
        this.times = times;
        int size = 0;
        for (ApiKeys api : router.served()) {
            size = Math.max(size, api.id + 1);
        }
        inPlace = new InPlaceHandler[size];
        for (ApiKeys api : router.served()) {
            inPlace[api.id] = router.inPlace(api);
        }
    }

    @Nullable
    InPlaceHandler inPlace(short api) {
        return api >= 0 && api < inPlace.length ? inPlace[api] : null;
    }

    /** Where the times of this loop are kept. */
    LoopTimes times() {
        return times;
    }

    void joined(ClientConnection connection) {
        connections.add(connection);
    }

    void left(ClientConnection connection) {
        connections.remove(connection);
    }

    /** Ends frames and clients that are overdue. */
    void sweep() {
        long nowNs = System.nanoTime();
        times.turnOver(nowNs);
        for (ClientConnection connection : connections.toArray(new ClientConnection[0])) {
            connection.checkDeadlines(nowNs);
        }
    }
}
