package io.millrace.broker.node;

import io.millrace.broker.kraft.Closing;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has been started, so that it is stopped in the opposite order: what depends on another stops before it.
 *
 * <p>A step that fails is logged and does not keep the others from stopping. Used by one thread at a time.
 */
final class StopSequence {
    private static final Logger LOG = LoggerFactory.getLogger(StopSequence.class);

    private record Step(String what, Closing.Step action) {}

    private final Deque<Step> steps = new ArrayDeque<>();

    /** To be stopped before everything that was added earlier. */
    void add(String what, Closing.Step action) {
        steps.push(new Step(what, action));
    }

    /** Stops everything; what has been stopped is not stopped again. */
    void run() {
        Closing closing = new Closing(LOG);
        while (!steps.isEmpty()) {
            Step step = steps.pop();
            LOG.debug("stopping {}", step.what());
            closing.run(step.what(), step.action());
        }
    }
}
