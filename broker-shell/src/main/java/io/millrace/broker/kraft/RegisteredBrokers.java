package io.millrace.broker.kraft;

import io.millrace.broker.partition.LiveBrokers;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.jspecify.annotations.Nullable;

/** The brokers of the newest image that this node has replayed. Any thread. */
final class RegisteredBrokers implements LiveBrokers {
    private final KRaftMetadataCache replayed;

    RegisteredBrokers(KRaftMetadataCache replayed) {
        this.replayed = replayed;
    }

    @Override
    public long epoch(int brokerId) {
        @Nullable BrokerRegistration broker = replayed.getImage().cluster().broker(brokerId);
        return broker == null ? UNKNOWN_EPOCH : broker.epoch();
    }

    @Override
    public boolean mayJoin(int brokerId) {
        @Nullable BrokerRegistration broker = replayed.getImage().cluster().broker(brokerId);
        return broker != null && !broker.fenced() && !broker.inControlledShutdown();
    }

    @Override
    public String rack(int brokerId) {
        @Nullable BrokerRegistration broker = replayed.getImage().cluster().broker(brokerId);
        return broker == null ? "" : broker.rack().orElse("");
    }
}
