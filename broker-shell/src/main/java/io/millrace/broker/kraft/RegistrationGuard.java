package io.millrace.broker.kraft;

import java.util.Optional;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.NodeApiVersions;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.BrokerHeartbeatResponse;
import org.apache.kafka.common.requests.BrokerRegistrationResponse;
import org.apache.kafka.server.BrokerLifecycleManager;
import org.apache.kafka.server.common.ControllerRequestCompletionHandler;
import org.apache.kafka.server.common.NodeToControllerChannelManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the answers to registrations and heartbeats, so that a broker which the controller no longer knows does not
 * live on as a zombie.
 *
 * <p>Kafka's lifecycle manager repeats a heartbeat with a stale epoch for ever. Here the broker registers again; if
 * another broker has taken its id meanwhile, the node stops.
 */
final class RegistrationGuard implements NodeToControllerChannelManager {
    private static final Logger LOG = LoggerFactory.getLogger(RegistrationGuard.class);

    private final NodeToControllerChannelManager channel;
    private final BrokerLifecycleManager lifecycle;
    private final NodeFaults faults;

    RegistrationGuard(NodeToControllerChannelManager channel, BrokerLifecycleManager lifecycle, NodeFaults faults) {
        this.channel = channel;
        this.lifecycle = lifecycle;
        this.faults = faults;
    }

    @Override
    public void start() {
        channel.start();
    }

    @Override
    public void shutdown() throws InterruptedException {
        channel.shutdown();
    }

    @Override
    public Optional<NodeApiVersions> controllerApiVersions() {
        return channel.controllerApiVersions();
    }

    @Override
    public long getTimeoutMs() {
        return channel.getTimeoutMs();
    }

    @Override
    public void sendRequest(
            AbstractRequest.Builder<? extends AbstractRequest> request, ControllerRequestCompletionHandler callback) {
        channel.sendRequest(request, new ControllerRequestCompletionHandler() {
            @Override
            public void onTimeout() {
                callback.onTimeout();
            }

            @Override
            public void onComplete(ClientResponse response) {
                callback.onComplete(response);
                observe(response);
            }
        });
    }

    private void observe(ClientResponse response) {
        if (response.responseBody() instanceof BrokerHeartbeatResponse heartbeat) {
            onHeartbeat(Errors.forCode(heartbeat.data().errorCode()));
        } else if (response.responseBody() instanceof BrokerRegistrationResponse registration) {
            onRegistration(Errors.forCode(registration.data().errorCode()));
        }
    }

    private void onHeartbeat(Errors error) {
        if (error == Errors.STALE_BROKER_EPOCH || error == Errors.BROKER_ID_NOT_REGISTERED) {
            LOG.warn("the controller does not know this broker any more ({}); registering again", error);
            lifecycle.resendBrokerRegistration();
        }
    }

    private void onRegistration(Errors error) {
        boolean wasRegistered = lifecycle.brokerEpoch() >= 0;
        if (wasRegistered && error == Errors.DUPLICATE_BROKER_REGISTRATION) {
            faults.stop("registration", new IllegalStateException("another broker has taken this node's id"));
        }
    }
}
