package io.millrace.broker.kraft;

import java.util.List;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.raft.RaftManager;

/** The quorum's own RPCs, which go to the Raft client as they come. */
final class RaftOperations {
    private static final List<ApiKeys> APIS = List.of(
            ApiKeys.VOTE,
            ApiKeys.BEGIN_QUORUM_EPOCH,
            ApiKeys.END_QUORUM_EPOCH,
            ApiKeys.FETCH,
            ApiKeys.FETCH_SNAPSHOT,
            ApiKeys.DESCRIBE_QUORUM,
            ApiKeys.ADD_RAFT_VOTER,
            ApiKeys.REMOVE_RAFT_VOTER,
            ApiKeys.UPDATE_RAFT_VOTER);

    private RaftOperations() {}

    static void register(ControllerApi api, RaftManager<?> raft) {
        for (ApiKeys key : APIS) {
            api.on(
                    key,
                    call -> raft.handleRequest(call.context(), call.header(), call.data(), System.currentTimeMillis()));
        }
    }
}
