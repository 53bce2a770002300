package io.millrace.broker.kraft;

import io.millrace.broker.request.ClientQuotas;
import io.millrace.broker.request.Request;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.Quota;
import org.apache.kafka.common.metrics.QuotaViolationException;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.utils.Sanitizer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.image.ClientQuotaDelta;
import org.apache.kafka.image.ClientQuotasDelta;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.loader.LoaderManifest;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.apache.kafka.network.Session;
import org.apache.kafka.server.config.ClientQuotaManagerConfig;
import org.apache.kafka.server.config.QuotaConfig;
import org.apache.kafka.server.quota.ClientQuotaManager;
import org.apache.kafka.server.quota.QuotaType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The quotas of the metadata, counted by Kafka's own managers. They are made when the first quota comes into force, so that a node without
 * quotas has neither their threads nor their cost. Changed by the metadata loader's thread, asked on any.
 */
final class QuotasInForce implements ClientQuotas, MetadataPublisher, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QuotasInForce.class);

    private final int nodeId;
    private final ClientQuotaManagerConfig windows;
    private final Metrics metrics;
    private volatile @Nullable Managers managers;

    /** Kafka's managers, one a kind of quota. */
    private record Managers(ClientQuotaManager produce, ClientQuotaManager fetch, ClientQuotaManager request) {}

    QuotasInForce(int nodeId, ClientQuotaManagerConfig windows, Metrics metrics) {
        this.nodeId = nodeId;
        this.windows = windows;
        this.metrics = metrics;
    }

    // What is in force

    @Override
    public String name() {
        return "client quotas of node " + nodeId;
    }

    @Override
    public void onMetadataUpdate(MetadataDelta delta, MetadataImage image, LoaderManifest manifest) {
        ClientQuotasDelta changed = delta.clientQuotasDelta();
        if (changed != null) {
            changed.changes().forEach(this::change);
        }
    }

    private void change(ClientQuotaEntity entity, ClientQuotaDelta delta) {
        var names = entity.entries();
        boolean ofUser = names.containsKey(ClientQuotaEntity.USER);
        boolean ofClientId = names.containsKey(ClientQuotaEntity.CLIENT_ID);
        if (!ofUser && !ofClientId) {
            LOG.warn("quotas of {} are not built: ignored", entity);
            return;
        }
        var user = ofUser ? user(names.get(ClientQuotaEntity.USER)) : null;
        var clientId = ofClientId ? clientId(names.get(ClientQuotaEntity.CLIENT_ID)) : null;
        Managers made = made();
        delta.changes().forEach((key, value) -> {
            ClientQuotaManager manager = manager(made, key);
            if (manager == null) {
                LOG.warn("quota {} of {} is not built: ignored", key, entity);
                return;
            }
            Optional<Quota> quota =
                    value.isPresent() ? Optional.of(new Quota(value.getAsDouble(), true)) : Optional.empty();
            manager.updateQuota(Optional.ofNullable(user), Optional.ofNullable(clientId), quota);
        });
    }

    private static org.apache.kafka.server.quota.ClientQuotaEntity.ConfigEntity user(@Nullable String name) {
        return name == null
                ? ClientQuotaManager.DEFAULT_USER_ENTITY
                : new ClientQuotaManager.UserEntity(Sanitizer.sanitize(name));
    }

    private static org.apache.kafka.server.quota.ClientQuotaEntity.ConfigEntity clientId(@Nullable String name) {
        return name == null ? ClientQuotaManager.DEFAULT_USER_CLIENT_ID : new ClientQuotaManager.ClientIdEntity(name);
    }

    private static @Nullable ClientQuotaManager manager(Managers managers, String key) {
        return switch (key) {
            case QuotaConfig.PRODUCER_BYTE_RATE_OVERRIDE_CONFIG -> managers.produce;
            case QuotaConfig.CONSUMER_BYTE_RATE_OVERRIDE_CONFIG -> managers.fetch;
            case QuotaConfig.REQUEST_PERCENTAGE_OVERRIDE_CONFIG -> managers.request;
            default -> null;
        };
    }

    /** The managers; they are made once, by the loader's one thread. */
    private Managers made() {
        Managers made = managers;
        if (made == null) {
            made = new Managers(manager(QuotaType.PRODUCE), manager(QuotaType.FETCH), new TimeQuota(windows, metrics));
            managers = made;
        }
        return made;
    }

    private ClientQuotaManager manager(QuotaType type) {
        return new ClientQuotaManager(windows, metrics, type, Time.SYSTEM, "millrace-");
    }

    // Counting

    @Override
    public boolean limitsProduce() {
        Managers all = managers;
        return all != null && (all.produce.quotasEnabled() || all.request.quotasEnabled());
    }

    @Override
    public boolean limitsFetch() {
        Managers all = managers;
        return all != null && (all.fetch.quotasEnabled() || all.request.quotasEnabled());
    }

    @Override
    public int produced(Request request, long bytes) {
        Managers all = managers;
        return all == null
                ? 0
                : Math.max(count(all.produce, request, (double) bytes), count(all.request, request, used(request)));
    }

    @Override
    public int fetched(Request request, long bytes) {
        Managers all = managers;
        if (all == null) {
            return 0;
        }
        long nowMs = Time.SYSTEM.milliseconds();
        Session session = session(request);
        int byTime = count(all.request, request, used(request));
        int byBytes = all.fetch.maybeRecordAndGetThrottleTimeMs(session, request.clientId(), (double) bytes, nowMs);
        int throttleMs = Math.max(byTime, byBytes);
        if (throttleMs > 0 && all.fetch.quotasEnabled()) {
            all.fetch.unrecordQuotaSensor(session, request.clientId(), (double) bytes, nowMs);
        }
        return throttleMs;
    }

    @Override
    public int fetchBytesMax(Request request, int asked) {
        Managers all = managers;
        return all == null
                ? asked
                : (int) Math.min(asked, all.fetch.maxValueInQuotaWindow(session(request), request.clientId()));
    }

    private static int count(ClientQuotaManager manager, Request request, double value) {
        return manager.maybeRecordAndGetThrottleTimeMs(
                session(request), request.clientId(), value, Time.SYSTEM.milliseconds());
    }

    /** Percent of one second of one processor. */
    private static double used(Request request) {
        return request.times().workNs(System.nanoTime()) * TimeQuota.PERCENT_PER_NS;
    }

    private static Session session(Request request) {
        return new Session(request.principal(), request.clientAddress());
    }

    @Override
    public void close() {
        Managers all = managers;
        if (all != null) {
            all.produce.shutdown();
            all.fetch.shutdown();
            all.request.shutdown();
        }
    }

    /** The quota of time: its throttle is never longer than a window, as Kafka's. */
    private static final class TimeQuota extends ClientQuotaManager {
        static final double PERCENT_PER_NS = 100.0 / TimeUnit.SECONDS.toNanos(1);

        private final long throttleMsMax;

        TimeQuota(ClientQuotaManagerConfig windows, Metrics metrics) {
            super(windows, metrics, QuotaType.REQUEST, Time.SYSTEM, "millrace-");
            throttleMsMax = TimeUnit.SECONDS.toMillis(windows.quotaWindowSizeSeconds());
        }

        @Override
        protected long throttleTime(QuotaViolationException e, long timeMs) {
            return Math.min(super.throttleTime(e, timeMs), throttleMsMax);
        }
    }
}
