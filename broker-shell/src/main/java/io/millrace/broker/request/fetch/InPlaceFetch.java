package io.millrace.broker.request.fetch;

import io.millrace.broker.protocol.FetchAnswer;
import io.millrace.broker.protocol.FetchFrame;
import io.millrace.broker.request.InPlaceHandler;
import io.millrace.broker.request.Request;
import io.millrace.broker.stat.Stage;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Fetch, in place: a consumer at the tail that goes on with its incremental session gets its answer written straight into the
 * connection's output, or waits without a request object until there is something. Small sessions, small answers and recent records
 * only; whatever else (followers, committed reads, errors, quotas, answers for sendfile, what may not be in memory) is left as it is to
 * {@link FetchHandler}, before anything has changed.
 *
 * <p>One a loop; its state belongs to the request at hand, that of a request that waits to its {@link SteadyFetch}.
 */
final class InPlaceFetch implements InPlaceHandler {
    private static final int SEEN = 256;
    private static final byte READ_UNCOMMITTED = 0;

    private final FetchHandler handler;
    private final FetchFrame frame = new FetchFrame();
    private final FetchAnswer answer = new FetchAnswer();

    /** Sessions by the low bits of their id: the map of all would make an object of it. */
    private final @Nullable FetchSession[] seen = new FetchSession[SEEN];

    InPlaceFetch(FetchHandler handler) {
        this.handler = handler;
    }

    FetchHandler handler() {
        return handler;
    }

    @Override
    public int handle(ByteBuffer bytes, Output output) {
        if (handler.quotas().limitsFetch() || !frame.wrap(bytes) || frame.isolation() != READ_UNCOMMITTED) {
            return LEFT;
        }
        FetchSession session = session(frame.sessionId());
        if (session == null || !session.usesTopicIds() || session.size() > SteadyFetch.PARTITIONS_MOST) {
            return LEFT;
        }
        synchronized (session) {
            return session.expects(frame.sessionEpoch()) ? session.steady(this).handle(frame, answer, output) : LEFT;
        }
    }

    private @Nullable FetchSession session(int id) {
        int place = id & (SEEN - 1);
        FetchSession session = seen[place];
        if (session == null || session.id() != id || session.isRemoved()) {
            session = handler.sessions().get(id);
            seen[place] = session;
        }
        return session;
    }

    @Override
    public long checkedNs() {
        return 0;
    }

    @Override
    public Stage stage() {
        return Stage.FETCH;
    }

    @Override
    public int correlationId() {
        return frame.correlationId();
    }

    @Override
    public void finish(Request request) {
        throw new IllegalStateException("a fetch is never begun: " + request);
    }
}
