package io.millrace.broker.admin;

import io.millrace.broker.kraft.Forwarder;
import io.millrace.broker.request.RequestRouter;
import java.util.List;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * What only the active controller can answer: the broker passes it on as it came, and answers what the controller says.
 * Checks that depend on the topic (names, counts, configurations) are the controller's, so that they are made once.
 */
public final class ForwardedHandlers {
    private static final List<ApiKeys> FORWARDED = List.of(
            ApiKeys.CREATE_TOPICS,
            ApiKeys.DELETE_TOPICS,
            ApiKeys.CREATE_PARTITIONS,
            ApiKeys.ELECT_LEADERS,
            ApiKeys.UPDATE_FEATURES,
            ApiKeys.ALTER_CLIENT_QUOTAS,
            ApiKeys.UNREGISTER_BROKER,
            ApiKeys.DESCRIBE_QUORUM,
            ApiKeys.ALTER_PARTITION_REASSIGNMENTS,
            ApiKeys.LIST_PARTITION_REASSIGNMENTS,
            ApiKeys.ADD_RAFT_VOTER,
            ApiKeys.REMOVE_RAFT_VOTER);

    private final Forwarder forwarder;

    /** Handlers that pass everything to the given forwarder. */
    public ForwardedHandlers(Forwarder forwarder) {
        this.forwarder = forwarder;
    }

    /** Puts the handlers on the broker's router. */
    public void registerOn(RequestRouter router) {
        FORWARDED.forEach(api -> router.register(api, forwarder));
    }
}
