package io.millrace.broker.kraft;

import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.ListenerInfo;
import org.apache.kafka.server.BrokerFeatures;
import org.apache.kafka.server.BrokerLifecycleManager;
import org.apache.kafka.server.config.ServerConfigs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This broker's life in the cluster: registered and fenced, unfenced once it serves, and gone in good order.
 *
 * <p>Owner: {@link ControlPlane}. Heartbeats have a thread of their own; every method may be called by any thread.
 */
final class BrokerLifecycle implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerLifecycle.class);

    private final BrokerLifecycleManager manager;

    private BrokerLifecycle(BrokerLifecycleManager manager) {
        this.manager = manager;
    }

    /**
     * Registers the broker and starts its heartbeats; it stays fenced until {@link #unfence}.
     *
     * @param listeners what clients and brokers are told
     * @param appliedOffset how far this broker has applied the metadata log
     * @param previousEpoch the epoch of the last run, where that ended with everything on disk
     */
    static BrokerLifecycle start(
            KraftConfig config,
            NodeDirectories directories,
            ListenerInfo listeners,
            ControllerChannel channel,
            LongSupplier appliedOffset,
            OptionalLong previousEpoch,
            NodeFaults faults) {
        BrokerLifecycleManager manager = new BrokerLifecycleManager(
                config,
                Time.SYSTEM,
                "millrace-",
                directories.directoryIds(),
                () -> faults.stop("log directory", new IllegalStateException("a log directory failed")),
                () -> false);
        BrokerFeatures features =
                BrokerFeatures.createDefault(config.getBoolean(ServerConfigs.UNSTABLE_FEATURE_VERSIONS_ENABLE_CONFIG));
        manager.start(
                appliedOffset::getAsLong,
                new RegistrationGuard(channel, manager, faults),
                directories.clusterId(),
                listeners.toBrokerRegistrationRequest(),
                BrokerFeatures.createDefaultFeatureMap(features),
                previousEpoch);
        return new BrokerLifecycle(manager);
    }

    /** Completes once the controller says that this broker knows the newest metadata. */
    CompletableFuture<Void> caughtUp() {
        return manager.initialCatchUpFuture();
    }

    /** Asks the controller to let this broker lead and serve; completes when it does. */
    CompletableFuture<Void> unfence() {
        return manager.setReadyToUnfence();
    }

    /** The epoch of this registration, -1 before there is one. */
    long brokerEpoch() {
        return manager.brokerEpoch();
    }

    /** Registers again, after the controller lost the registration. */
    void registerAgain() {
        manager.resendBrokerRegistration();
    }

    /** Tells the controller that a directory can no longer be used. */
    void directoryFailed(Uuid directoryId, long timeoutMs) {
        manager.propagateDirectoryFailure(directoryId, timeoutMs);
    }

    /** Lets the controller move leadership away, and waits until it has, or the time is up. */
    void shutDownControlled(long timeoutMs) throws InterruptedException {
        manager.beginControlledShutdown();
        try {
            manager.controlledShutdownFuture().get(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warn("the controller did not approve the shutdown within {} ms; stopping without it", timeoutMs);
        } catch (ExecutionException e) {
            LOG.warn("controlled shutdown failed; stopping without it", e.getCause());
        }
    }

    @Override
    public void close() {
        new Closing(LOG).run("broker lifecycle", manager::close);
    }
}
