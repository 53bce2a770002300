package io.millrace.broker.kraft;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.server.fault.FaultHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of a fault inside Kafka's control plane: it is logged, and a fatal one ends the node.
 *
 * <p>Kafka halts the process at once; here the owner of the node is told first, so that it fences the broker and stops.
 * A node whose metadata is in doubt never goes on serving. Any thread.
 */
public final class NodeFaults {
    private static final Logger LOG = LoggerFactory.getLogger(NodeFaults.class);

    private final CompletableFuture<Throwable> fatal = new CompletableFuture<>();

    /** Completes with the first fault after which this node must stop. */
    public CompletableFuture<Throwable> fatal() {
        return fatal.copy();
    }

    /** A handler for faults after which the node must stop. */
    FaultHandler stopping(String what) {
        return (message, cause) -> {
            RuntimeException fault = logged(what, message, cause);
            fatal.complete(fault);
            return fault;
        };
    }

    /** A handler for faults that concern one operation. */
    FaultHandler logging(String what) {
        return (message, cause) -> logged(what, message, cause);
    }

    /** Ends the node for a reason found elsewhere. */
    public void stop(String what, Throwable cause) {
        LOG.error("{}: this node stops", what, cause);
        fatal.complete(cause);
    }

    private static RuntimeException logged(String what, String message, @Nullable Throwable cause) {
        LOG.error("fault in {}: {}", what, message, cause);
        return new IllegalStateException(what + ": " + message, cause);
    }
}
