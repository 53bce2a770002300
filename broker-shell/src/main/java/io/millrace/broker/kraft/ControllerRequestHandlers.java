package io.millrace.broker.kraft;

import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import io.millrace.broker.request.RequestRouter;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;

/**
 * The controller listener: gives its requests to the controller's operations and answers with what they come to.
 *
 * <p>The listener is open before the controller exists, because the controller must tell the quorum its port; a request
 * that comes in between waits for it. Event loops call in; answers come from the controller's and the Raft client's
 * threads.
 */
public final class ControllerRequestHandlers implements RequestHandler {
    /** What the listener serves; the operations are registered for exactly these, {@code ENVELOPE} apart. */
    private static final Set<ApiKeys> APIS = EnumSet.of(
            ApiKeys.VOTE,
            ApiKeys.BEGIN_QUORUM_EPOCH,
            ApiKeys.END_QUORUM_EPOCH,
            ApiKeys.FETCH,
            ApiKeys.FETCH_SNAPSHOT,
            ApiKeys.DESCRIBE_QUORUM,
            ApiKeys.ADD_RAFT_VOTER,
            ApiKeys.REMOVE_RAFT_VOTER,
            ApiKeys.UPDATE_RAFT_VOTER,
            ApiKeys.CREATE_TOPICS,
            ApiKeys.DELETE_TOPICS,
            ApiKeys.CREATE_PARTITIONS,
            ApiKeys.ALTER_CONFIGS,
            ApiKeys.INCREMENTAL_ALTER_CONFIGS,
            ApiKeys.BROKER_REGISTRATION,
            ApiKeys.BROKER_HEARTBEAT,
            ApiKeys.UNREGISTER_BROKER,
            ApiKeys.CONTROLLER_REGISTRATION,
            ApiKeys.ALTER_PARTITION,
            ApiKeys.ASSIGN_REPLICAS_TO_DIRS,
            ApiKeys.ELECT_LEADERS,
            ApiKeys.ALTER_PARTITION_REASSIGNMENTS,
            ApiKeys.LIST_PARTITION_REASSIGNMENTS,
            ApiKeys.UPDATE_FEATURES,
            ApiKeys.ALTER_CLIENT_QUOTAS,
            ApiKeys.ALLOCATE_PRODUCER_IDS,
            ApiKeys.DESCRIBE_CLUSTER);

    private final CompletableFuture<ControllerApi> controller = new CompletableFuture<>();

    /** Registers what a controller serves; {@code ApiVersions} is the listener's own. */
    public ControllerRequestHandlers registerOn(RequestRouter router) {
        APIS.forEach(api -> router.register(api, this));
        router.register(ApiKeys.ENVELOPE, this);
        return this;
    }

    /** From now on requests reach the controller, those that wait first. */
    void open(ControllerApi api) {
        if (!api.served().equals(APIS)) {
            throw new IllegalStateException("operations " + api.served() + " are not what is advertised " + APIS);
        }
        controller.complete(api);
    }

    /** From now on requests are told to look for another controller. */
    void close() {
        controller.completeExceptionally(new NotControllerException("The controller is shutting down."));
    }

    @Override
    public void handle(Request request) {
        var unused = controller
                .thenCompose(api -> request.api() == ApiKeys.ENVELOPE
                        ? Envelopes.open(request, api)
                        : api.call(new ControllerCall(request.header(), request.context(), request.data(), false)))
                .whenComplete((response, failure) -> answer(request, response, failure));
    }

    private static void answer(Request request, @Nullable ApiMessage response, @Nullable Throwable failure) {
        if (response != null) {
            request.respond(response);
        } else {
            request.fail(failure == null ? new IllegalStateException("no answer") : Failures.unwrapped(failure));
        }
    }
}
