package io.millrace.broker.config;

import io.millrace.log.FreeSpaceFloor;
import io.millrace.log.scrub.ScrubSettings;
import org.apache.kafka.common.config.ConfigDef;

/**
 * Names, types and defaults of the settings that Apache Kafka does not have. All begin with {@code millrace.}, but for those that go by a
 * name that users of other registries know.
 */
public final class MillraceSettings {
    /** Cluster id to format an empty data directory with, and to insist on for one that has been formatted. */
    public static final String CLUSTER_ID = "millrace.cluster.id";

    /** Whether an acknowledgement waits until the bytes are on the disk. */
    public static final String SYNC_ACKS = "millrace.sync.acks";

    /** Whether an empty data directory is formatted at start. */
    public static final String AUTO_FORMAT = "millrace.auto.format";

    /** Bytes that stay free on a disk: below it no segment is begun and no partition is made. */
    public static final String FREE_SPACE_FLOOR = "millrace.log.free.space.floor.bytes";

    /** Whether the file of a segment that retention deletes may become the next segment of its log. */
    public static final String RECYCLE = "millrace.log.recycle.enable";

    /** Bytes that the scrub reads a second; 0 for no scrub. */
    public static final String SCRUB_BYTES_PER_SECOND = "millrace.log.scrub.bytes.per.second";

    /** Each sealed segment is read again once in that time; 0 for no scrub. */
    public static final String SCRUB_INTERVAL_MS = "millrace.log.scrub.interval.ms";

    /** What of a compressed batch is looked at before it is stored as it came: {@code full} or {@code header}. */
    public static final String COMPRESSED_VALIDATION = "millrace.compressed.validation";

    /** Where the schema registry listens, as {@code http://host:port}. */
    public static final String SCHEMA_REGISTRY_LISTENERS = "schema.registry.listeners";

    /** Where monitoring asks, as {@code http://host:port}: /metrics, /healthz, /readyz. */
    public static final String METRICS_LISTENERS = "millrace.metrics.listeners";

    static final ConfigDef CONFIG_DEF = new ConfigDef()
            .define(CLUSTER_ID, ConfigDef.Type.STRING, null, ConfigDef.Importance.HIGH, "")
            .define(SYNC_ACKS, ConfigDef.Type.BOOLEAN, false, ConfigDef.Importance.HIGH, "")
            .define(AUTO_FORMAT, ConfigDef.Type.BOOLEAN, true, ConfigDef.Importance.MEDIUM, "")
            .define(
                    FREE_SPACE_FLOOR,
                    ConfigDef.Type.LONG,
                    FreeSpaceFloor.DEFAULT,
                    ConfigDef.Range.atLeast(FreeSpaceFloor.DEFAULT),
                    ConfigDef.Importance.MEDIUM,
                    "")
            .define(SCHEMA_REGISTRY_LISTENERS, ConfigDef.Type.STRING, null, ConfigDef.Importance.MEDIUM, "")
            .define(METRICS_LISTENERS, ConfigDef.Type.STRING, null, ConfigDef.Importance.MEDIUM, "")
            .define(RECYCLE, ConfigDef.Type.BOOLEAN, true, ConfigDef.Importance.LOW, "")
            .define(
                    SCRUB_BYTES_PER_SECOND,
                    ConfigDef.Type.LONG,
                    ScrubSettings.DEFAULTS.bytesPerSecond(),
                    ConfigDef.Range.atLeast(0),
                    ConfigDef.Importance.LOW,
                    "")
            .define(
                    SCRUB_INTERVAL_MS,
                    ConfigDef.Type.LONG,
                    ScrubSettings.DEFAULTS.intervalMs(),
                    ConfigDef.Range.atLeast(0),
                    ConfigDef.Importance.LOW,
                    "")
            .define(
                    COMPRESSED_VALIDATION,
                    ConfigDef.Type.STRING,
                    "full",
                    ConfigDef.ValidString.in("full", "header"),
                    ConfigDef.Importance.LOW,
                    "");

    private MillraceSettings() {}
}
