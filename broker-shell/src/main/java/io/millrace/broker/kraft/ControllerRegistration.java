package io.millrace.broker.kraft;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ControllerRegistrationRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ControllerRegistrationRequest;
import org.apache.kafka.common.requests.ControllerRegistrationResponse;
import org.apache.kafka.controller.QuorumFeatures;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.loader.LoaderManifest;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.apache.kafka.metadata.ListenerInfo;
import org.apache.kafka.metadata.VersionRange;
import org.apache.kafka.server.config.ServerConfigs;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the active controller of this controller's addresses and features (KIP-919), and again until the metadata log
 * has it.
 *
 * <p>Called by the metadata loader's thread and by the channel's; its state is guarded by this.
 */
final class ControllerRegistration implements MetadataPublisher {
    private static final Logger LOG = LoggerFactory.getLogger(ControllerRegistration.class);
    private static final long RETRY_MS = 500;

    private final KraftConfig config;
    private final ListenerInfo listeners;
    private final ControllerChannel channel;
    private final Uuid incarnation = Uuid.randomUuid();

    private boolean supported;
    private boolean registered;
    private boolean inFlight;
    private boolean closed;

    ControllerRegistration(KraftConfig config, ListenerInfo listeners, ControllerChannel channel) {
        this.config = config;
        this.listeners = listeners;
        this.channel = channel;
    }

    @Override
    public String name() {
        return "millrace-controller-registration";
    }

    @Override
    public void onMetadataUpdate(MetadataDelta delta, MetadataImage image, LoaderManifest manifest) {
        if (delta.featuresDelta() != null || delta.clusterDelta() != null) {
            observe(image);
            registerIfNeeded();
        }
    }

    private synchronized void observe(MetadataImage image) {
        supported = image.features().metadataVersion().isPresent()
                && image.features().metadataVersionOrThrow().isControllerRegistrationSupported();
        var found = image.cluster().controllers().get(config.nodeId());
        registered = found != null && found.incarnationId().equals(incarnation);
    }

    private void registerIfNeeded() {
        synchronized (this) {
            if (!supported || registered || inFlight || closed) {
                return;
            }
            inFlight = true;
        }
        var unused = channel.send(new ControllerRegistrationRequest.Builder(request()))
                .whenComplete(this::answered);
    }

    private ControllerRegistrationRequestData request() {
        var features = new ControllerRegistrationRequestData.FeatureCollection();
        supportedFeatures()
                .forEach((name, range) -> features.add(new ControllerRegistrationRequestData.Feature()
                        .setName(name)
                        .setMinSupportedVersion(range.min())
                        .setMaxSupportedVersion(range.max())));
        return new ControllerRegistrationRequestData()
                .setControllerId(config.nodeId())
                .setIncarnationId(incarnation)
                .setFeatures(features)
                .setListeners(listeners.toControllerRegistrationRequest());
    }

    private Map<String, VersionRange> supportedFeatures() {
        return QuorumFeatures.defaultSupportedFeatureMap(
                config.getBoolean(ServerConfigs.UNSTABLE_FEATURE_VERSIONS_ENABLE_CONFIG));
    }

    private void answered(@Nullable AbstractResponse response, @Nullable Throwable failure) {
        Errors error = errorOf(response, failure);
        synchronized (this) {
            inFlight = false;
        }
        if (error != Errors.NONE) {
            LOG.info("controller registration is tried again: {}", error);
            CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS).execute(this::registerIfNeeded);
        }
    }

    private static Errors errorOf(@Nullable AbstractResponse response, @Nullable Throwable failure) {
        if (response instanceof ControllerRegistrationResponse answer) {
            return Errors.forCode(answer.data().errorCode());
        }
        return failure == null ? Errors.UNKNOWN_SERVER_ERROR : Errors.forException(Failures.unwrapped(failure));
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
