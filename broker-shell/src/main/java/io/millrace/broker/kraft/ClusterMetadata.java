package io.millrace.broker.kraft;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.image.loader.LoaderManifest;
import org.apache.kafka.image.loader.MetadataLoader;
import org.apache.kafka.image.loader.metrics.MetadataLoaderMetrics;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.apache.kafka.image.publisher.SnapshotEmitter;
import org.apache.kafka.image.publisher.SnapshotGenerator;
import org.apache.kafka.image.publisher.metrics.SnapshotEmitterMetrics;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.raft.MetadataLogConfig;
import org.apache.kafka.server.config.DefaultSupportedConfigChecker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metadata of the cluster as this node has replayed it: the loader, two views of the newest image, and the snapshots
 * that keep the log short.
 *
 * <p>What clients are told lags behind what is replayed for as long as it takes to open and close this broker's
 * partitions. The other way round, as in Kafka, a producer that saw a new leader too early has its first batch refused and
 * its second accepted, and an idempotent one never recovers from that.
 *
 * <p>Metadata is applied by the loader's one thread, publisher after publisher. Owner: {@link ControlPlane}.
 */
final class ClusterMetadata implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterMetadata.class);
    private static final String THREADS = "millrace-metadata-";

    private final MetadataLoader loader;
    private final SnapshotGenerator snapshots;
    private final KRaftMetadataCache replayed;
    private final KRaftMetadataCache published;
    private final CompletableFuture<MetadataImage> firstImage = new CompletableFuture<>();

    private ClusterMetadata(
            MetadataLoader loader,
            SnapshotGenerator snapshots,
            KRaftMetadataCache replayed,
            KRaftMetadataCache published) {
        this.loader = loader;
        this.snapshots = snapshots;
        this.replayed = replayed;
        this.published = published;
    }

    /** Starts to replay the metadata log. */
    static ClusterMetadata start(KraftConfig config, RaftNode raft, NodeFaults faults) throws Exception {
        AtomicReference<String> snapshotsDisabled = new AtomicReference<>();
        MetadataLoader loader = loader(config, raft, faults, snapshotsDisabled);
        SnapshotGenerator snapshots = snapshotGenerator(config, raft, faults, snapshotsDisabled);
        ClusterMetadata metadata = new ClusterMetadata(loader, snapshots, cache(config, raft), cache(config, raft));
        metadata.install(List.of(snapshots, metadata.new ReplayedImage()));
        raft.client().register(loader);
        return metadata;
    }

    private static KRaftMetadataCache cache(KraftConfig config, RaftNode raft) {
        return new KRaftMetadataCache(config.nodeId(), () -> raft.client().kraftVersion());
    }

    private static MetadataLoader loader(
            KraftConfig config, RaftNode raft, NodeFaults faults, AtomicReference<String> snapshotsDisabled) {
        // A snapshot of an image that could not be loaded would make the damage permanent.
        var stopping = faults.stopping("metadata loading");
        return new MetadataLoader.Builder()
                .setNodeId(config.nodeId())
                .setTime(Time.SYSTEM)
                .setThreadNamePrefix(THREADS)
                .setFaultHandler((message, cause) -> {
                    snapshotsDisabled.compareAndSet(null, "metadata loading fault");
                    return stopping.handleFault(message, cause);
                })
                .setHighWaterMarkAccessor(() -> raft.client().highWatermark())
                .setMetrics(new MetadataLoaderMetrics(
                        Optional.empty(),
                        elapsedNs -> {},
                        batchSize -> {},
                        new AtomicReference<>(MetadataProvenance.EMPTY)))
                .setSupportedConfigChecker(new DefaultSupportedConfigChecker())
                .build();
    }

    private static SnapshotGenerator snapshotGenerator(
            KraftConfig config, RaftNode raft, NodeFaults faults, AtomicReference<String> disabled) {
        SnapshotEmitter emitter = new SnapshotEmitter.Builder()
                .setNodeId(config.nodeId())
                .setRaftClient(raft.client())
                .setMetrics(new SnapshotEmitterMetrics(Optional.empty(), Time.SYSTEM))
                .build();
        long intervalMs = config.getLong(MetadataLogConfig.METADATA_SNAPSHOT_MAX_INTERVAL_MS_CONFIG);
        return new SnapshotGenerator.Builder(emitter)
                .setNodeId(config.nodeId())
                .setTime(Time.SYSTEM)
                .setFaultHandler(faults.logging("snapshot generation"))
                .setMaxBytesSinceLastSnapshot(
                        config.getLong(MetadataLogConfig.METADATA_SNAPSHOT_MAX_NEW_RECORD_BYTES_CONFIG))
                .setMaxTimeSinceLastSnapshotNs(TimeUnit.MILLISECONDS.toNanos(intervalMs))
                .setDisabledReason(disabled)
                .setThreadNamePrefix(THREADS)
                .build();
    }

    /** Adds publishers; each is first given the whole image, as soon as there is one. Waits until they are added. */
    void install(List<? extends MetadataPublisher> publishers) throws Exception {
        loader.installPublishers(publishers).get(1, TimeUnit.MINUTES);
    }

    /** Takes a publisher out and closes it; it is not called any more when this returns. */
    void remove(MetadataPublisher publisher) throws Exception {
        loader.removeAndClosePublisher(publisher).get(1, TimeUnit.MINUTES);
    }

    /** The newest image, for what this node itself decides; empty until the first. */
    KRaftMetadataCache replayed() {
        return replayed;
    }

    /** What clients are told; set by {@link BrokerPublisher}, empty until its first image. */
    KRaftMetadataCache published() {
        return published;
    }

    /** The first image that is as new as the quorum was when this node started. */
    CompletableFuture<MetadataImage> firstImage() {
        return firstImage.copy();
    }

    /** The offset up to which this node has applied the metadata log. */
    long lastAppliedOffset() {
        return loader.lastAppliedOffset();
    }

    @Override
    public void close() {
        loader.beginShutdown();
        snapshots.beginShutdown();
        Closing closing = new Closing(LOG);
        closing.run("metadata loader", loader::close);
        closing.run("snapshot generator", snapshots::close);
        firstImage.cancel(false);
    }

    /** Keeps the newest image. The first publisher, so that all later ones see it. */
    private final class ReplayedImage implements MetadataPublisher {
        @Override
        public String name() {
            return "millrace-replayed-image";
        }

        @Override
        public void onMetadataUpdate(MetadataDelta delta, MetadataImage image, LoaderManifest manifest) {
            replayed.setImage(image);
            firstImage.complete(image);
        }

        @Override
        public void close() {}
    }
}
