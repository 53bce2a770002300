package io.millrace.broker.replica;

import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.FetchRequest;

/** A follower's fetch in the newest version that the leader has. Topics have ids, so nothing older than version 13 will do. */
final class FetchBuilder extends AbstractRequest.Builder<FetchRequest> {
    private static final short TOPIC_ID_VERSION = 13;
    private static final short REPLICA_STATE_VERSION = 15;

    private final FetchRequestData data;

    FetchBuilder(FetchRequestData data) {
        super(ApiKeys.FETCH, TOPIC_ID_VERSION, ApiKeys.FETCH.latestVersion());
        this.data = data;
    }

    @Override
    public FetchRequest build(short version) {
        if (version < REPLICA_STATE_VERSION) {
            data.setReplicaId(data.replicaState().replicaId());
            data.setReplicaState(new FetchRequestData.ReplicaState());
        }
        return new FetchRequest(data, version);
    }

    @Override
    public String toString() {
        return data.toString();
    }
}
