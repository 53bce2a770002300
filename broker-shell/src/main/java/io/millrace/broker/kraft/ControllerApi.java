package io.millrace.broker.kraft;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * The controller of this node as a table of operations, one for each API.
 *
 * <p>The same table serves the controller listener, envelopes and this node's own broker. Filled before it is called,
 * then immutable; operations are called by any thread and never block.
 */
final class ControllerApi {
    /** Asks the controller. The future may fail with whatever the controller failed with. */
    @FunctionalInterface
    interface Operation {
        CompletableFuture<? extends ApiMessage> run(ControllerCall call);
    }

    private final Map<ApiKeys, Operation> operations = new EnumMap<>(ApiKeys.class);

    ControllerApi on(ApiKeys api, Operation operation) {
        if (operations.put(api, operation) != null) {
            throw new IllegalStateException("two operations for " + api);
        }
        return this;
    }

    /** The APIs that have an operation. */
    Set<ApiKeys> served() {
        return Collections.unmodifiableSet(operations.keySet());
    }

    /** Runs the call; the future fails with the controller's own exception, unwrapped. */
    CompletableFuture<ApiMessage> call(ControllerCall call) {
        CompletableFuture<ApiMessage> answer = new CompletableFuture<>();
        var unused = start(call).whenComplete((response, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(Failures.unwrapped(failure));
            } else {
                answer.complete(response);
            }
        });
        return answer;
    }

    private CompletableFuture<? extends ApiMessage> start(ControllerCall call) {
        Operation operation = operations.get(call.header().apiKey());
        if (operation == null) {
            return CompletableFuture.failedFuture(new UnsupportedVersionException(
                    "The controller does not serve " + call.header().apiKey()));
        }
        try {
            return operation.run(call);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
