package io.millrace.broker.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The one list of settings that Millrace acts on, each with one sentence on what it does. What Kafka knows and this list
 * does not is accepted and reported as having no effect; docs/configuration.md is made from this list.
 */
public final class EffectiveSettings {
    private static final Map<String, String> EFFECTS = new LinkedHashMap<>();

    static {
        node();
        quorum();
        topics();
        replication();
        logs();
        durability();
        network();
        groups();
    }

    private EffectiveSettings() {}

    /**
     * All settings with effect, in the order of the documentation.
     *
     * @return name to effect.
     */
    public static Map<String, String> all() {
        return Collections.unmodifiableMap(EFFECTS);
    }

    static boolean contains(final String name) {
        return EFFECTS.containsKey(name);
    }

    private static void effect(final String name, final String sentence) {
        EFFECTS.put(name, sentence);
    }

    private static void node() {
        effect("process.roles", "broker, controller, or both in one process.");
        effect("node.id", "Number of this node, unique in the cluster.");
        effect("broker.id", "Older name of node.id.");
        effect("broker.rack", "Rack told to clients and to the controller's placement.");
        effect("listeners", "Addresses to listen on; port 0 takes a free one, which the start report names.");
        effect("advertised.listeners", "Addresses told to clients.");
        effect("listener.security.protocol.map", "Protocol of each listener name; only PLAINTEXT is served.");
        effect("inter.broker.listener.name", "Listener that brokers use among themselves.");
        effect("security.inter.broker.protocol", "Listener that brokers use among themselves, by protocol: PLAINTEXT.");
        effect("log.dirs", "Data directory; one for now.");
        effect("log.dir", "Data directory where log.dirs is not set.");
        effect("metadata.log.dir", "Directory of the cluster metadata log; the data directory where not set.");
        effect(
                MillraceSettings.SCHEMA_REGISTRY_LISTENERS,
                "Address of the schema registry, http://host:port; none where it is not set. On in a first try without file and listeners, where a taken port is no fault.");
        effect(
                MillraceSettings.METRICS_LISTENERS,
                "Address for monitoring, http://host:port, with /metrics (Prometheus), /healthz and /readyz; none where it is not set. No authentication.");
        effect(MillraceSettings.CLUSTER_ID, "Cluster id to format an empty directory with, and to insist on later.");
        effect(MillraceSettings.AUTO_FORMAT, "Format an empty data directory at start; false refuses to start on one.");
    }

    private static void quorum() {
        effect("controller.listener.names", "Listeners of the control plane.");
        effect("controller.quorum.voters", "Static controllers as id@host:port.");
        effect("controller.quorum.bootstrap.servers", "Controllers to find a dynamic quorum by.");
        effect("controller.quorum.auto.join.enable", "A controller that is not a voter yet adds itself.");
        effect("controller.quorum.election.timeout.ms", "How long a candidate waits for votes.");
        effect("controller.quorum.election.backoff.max.ms", "Longest pause between elections.");
        effect(
                "controller.quorum.fetch.timeout.ms",
                "Time without the leader after which a follower stands for election.");
        effect("controller.quorum.fetch.max.bytes", "Largest answer to a metadata fetch.");
        effect("controller.quorum.fetch.snapshot.max.bytes", "Largest piece of a metadata snapshot in one answer.");
        effect("controller.quorum.request.timeout.ms", "Time limit of a request to another controller.");
        effect("controller.quorum.retry.backoff.ms", "Pause before such a request is repeated.");
        effect("controller.quorum.append.linger.ms", "How long the controller gathers records before it writes.");
        effect("metadata.log.segment.bytes", "Size at which the metadata log rolls.");
        effect("metadata.log.segment.ms", "Age at which the metadata log rolls.");
        effect("metadata.log.max.record.bytes.between.snapshots", "Bytes of metadata records between snapshots.");
        effect("metadata.log.max.snapshot.interval.ms", "Time between metadata snapshots.");
        effect("metadata.max.retention.bytes", "Size of metadata log and snapshots to keep.");
        effect("metadata.max.retention.ms", "Age of metadata log and snapshots to keep.");
        effect("metadata.max.idle.interval.ms", "Time between the leader's idle records; 0 writes none.");
        effect("broker.heartbeat.interval.ms", "Time between a broker's heartbeats to the controller.");
        effect("broker.session.timeout.ms", "Time without heartbeat after which a broker is fenced.");
        effect("initial.broker.registration.timeout.ms", "How long a broker tries to register at start.");
    }

    private static void topics() {
        effect("auto.create.topics.enable", "Create a topic when a client first asks for it.");
        effect("num.partitions", "Partitions of a topic created without a number.");
        effect("default.replication.factor", "Replicas of a topic created without a number.");
        effect("min.insync.replicas", "Replicas in sync that acks=all asks for.");
        effect("replica.lag.time.max.ms", "Time after which a follower that has not caught up leaves the ISR.");
        effect(
                "replica.selector.class",
                "Kafka's RackAwareReplicaSelector sends consumers to the replica in their rack.");
        effect("unclean.leader.election.enable", "Whether a replica out of sync may lead where no other is left.");
        effect("delete.topic.enable", "Whether topics may be deleted.");
        effect("auto.leader.rebalance.enable", "The controller gives leadership back to preferred replicas.");
        effect("leader.imbalance.check.interval.seconds", "How often it looks.");
        effect("message.max.bytes", "Largest record batch, as compressed.");
        effect("compression.type", "Compression at rest; producer keeps what came.");
        effect("compression.gzip.level", "Level where the broker compresses with gzip.");
        effect("compression.lz4.level", "Level where the broker compresses with lz4.");
        effect("compression.zstd.level", "Level where the broker compresses with zstd.");
        effect("log.message.timestamp.type", "Whose clock stamps a record: CreateTime or LogAppendTime.");
        effect("log.message.timestamp.before.max.ms", "How far in the past a record's timestamp may lie.");
        effect("log.message.timestamp.after.max.ms", "How far in the future a record's timestamp may lie.");
        effect(
                MillraceSettings.COMPRESSED_VALIDATION,
                "full inflates compressed batches and checks their records; header looks at header and checksum only.");
    }

    private static void replication() {
        effect("num.replica.fetchers", "Connections, each with a thread, by which a broker that leads is followed.");
        effect("replica.fetch.wait.max.ms", "How long a leader may keep a follower's fetch that finds nothing new.");
        effect("replica.fetch.min.bytes", "Bytes for which a leader answers a follower before that.");
        effect("replica.fetch.max.bytes", "Bytes of one partition in an answer; a larger first batch comes whole.");
        effect("replica.fetch.response.max.bytes", "Bytes of such an answer in all; a larger first batch comes whole.");
        effect(
                "replica.fetch.backoff.ms",
                "Longest pause of a follower after an error; the first pauses are shorter, from 10 ms on.");
        effect("replica.socket.timeout.ms", "Time after which a leader's answer is not waited for any longer.");
        effect(
                "replica.socket.receive.buffer.bytes",
                "Receive buffer of a follower's socket; where not set, the system's, which adapts itself.");
        effect("socket.connection.setup.timeout.ms", "Time to connect to a leader.");
        effect("socket.connection.setup.timeout.max.ms", "The same after several failures.");
    }

    private static void logs() {
        effect("log.segment.bytes", "Size at which a segment rolls.");
        effect("log.roll.ms", "Age at which a segment rolls.");
        effect("log.roll.hours", "The same in hours, where log.roll.ms is not set.");
        effect("log.roll.jitter.ms", "Random part taken off that age, so that not all segments roll at once.");
        effect("log.roll.jitter.hours", "The same in hours, where log.roll.jitter.ms is not set.");
        effect("log.retention.ms", "Age after which a segment is deleted; -1 keeps it for ever.");
        effect("log.retention.minutes", "The same in minutes, where log.retention.ms is not set.");
        effect("log.retention.hours", "The same in hours, where the other two are not set.");
        effect("log.retention.bytes", "Size of a partition above which its oldest segments are deleted.");
        effect("log.retention.check.interval.ms", "How often retention looks.");
        effect("log.cleanup.policy", "delete, compact or both: what becomes of old records.");
        effect("log.segment.delete.delay.ms", "Time between a deletion and the removal of the files.");
        effect("log.index.interval.bytes", "Bytes of log between two index entries.");
        effect("log.index.size.max.bytes", "Largest index file; a full one rolls the segment.");
        effect("log.cleaner.enable", "Whether compacted topics are compacted.");
        effect("log.cleaner.threads", "How many logs are compacted at a time.");
        effect("log.cleaner.dedupe.buffer.size", "Most memory for the keys of all of them, 24 bytes a key.");
        effect("log.cleaner.io.buffer.load.factor", "How full that memory may get.");
        effect("log.cleaner.io.buffer.size", "Memory for reading and writing of all of them.");
        effect("log.cleaner.io.max.bytes.per.second", "Most bytes that they read and write a second.");
        effect("log.cleaner.backoff.ms", "How often it is looked for a log to compact while there is none.");
        effect("log.cleaner.min.cleanable.ratio", "Part of a log that is new before it is compacted.");
        effect("log.cleaner.min.compaction.lag.ms", "Age below which a record is not compacted.");
        effect("log.cleaner.max.compaction.lag.ms", "Age above which a record does not wait for that part.");
        effect("log.cleaner.delete.retention.ms", "How long a tombstone outlives its first compaction.");
        effect("num.recovery.threads.per.data.dir", "Threads that open and recover partitions at start.");
        effect("producer.id.expiration.ms", "Time after which an idle producer's sequence is forgotten.");
    }

    private static void durability() {
        effect(MillraceSettings.SYNC_ACKS, "Acknowledge only after the bytes are on the disk; group commit.");
        effect(
                MillraceSettings.FREE_SPACE_FLOOR,
                "No new segment and no new partition while less is free; -1 is 1 % of the disk, 64 MiB to 1 GiB.");
        effect(
                MillraceSettings.RECYCLE,
                "The file of a segment that retention deletes may become the next one; a partition with a size limit then deletes as it rolls.");
        effect(
                MillraceSettings.SCRUB_BYTES_PER_SECOND,
                "Bytes of sealed segments that are read again a second; 0: none.");
        effect(MillraceSettings.SCRUB_INTERVAL_MS, "Each sealed segment is read again once in that time; 0: never.");
        effect("log.flush.interval.ms", "Sync a partition at least this often.");
        effect("log.flush.interval.messages", "Sync a partition after this many records.");
        effect("log.flush.offset.checkpoint.interval.ms", "How often the recovery points are written down.");
        effect("log.flush.start.offset.checkpoint.interval.ms", "How often the log start offsets are written down.");
        effect("replica.high.watermark.checkpoint.interval.ms", "How often the high watermarks are written down.");
    }

    private static void network() {
        effect("num.network.threads", "Event loops; one for each processor where not set.");
        effect("socket.listen.backlog.size", "Connections that may wait to be accepted.");
        effect("socket.request.max.bytes", "Largest request; a larger one closes the connection.");
        effect("queued.max.request.bytes", "Bound on the bytes of all requests in flight; reading stops there.");
        effect("connections.max.idle.ms", "Idle time after which a connection is closed.");
        effect("fetch.max.bytes", "Largest answer to a fetch.");
        effect("max.request.partition.size.limit", "Most partitions in one answer to DescribeTopicPartitions.");
        effect("quota.window.num", "Windows that the quotas of clients are counted over.");
        effect("quota.window.size.seconds", "Length of such a window.");
        effect("max.incremental.fetch.session.cache.slots", "Fetch sessions that are kept.");
    }

    private static void groups() {
        effect("offsets.topic.num.partitions", "Partitions of __consumer_offsets.");
        effect("offsets.topic.replication.factor", "Its replicas; no more than there are live brokers.");
        effect("offsets.topic.segment.bytes", "Its segment size.");
        effect("offsets.topic.compression.codec", "Its compression.");
        effect("offsets.retention.minutes", "Time after which the offsets of an empty group are dropped.");
        effect("offsets.retention.check.interval.ms", "How often it is looked for them.");
        effect("offsets.commit.timeout.ms", "Time limit of an offset commit.");
        effect("offsets.load.buffer.size", "Bytes read at once when a group partition is loaded.");
        effect("offset.metadata.max.bytes", "Largest text that may be committed with an offset.");
        effect("group.initial.rebalance.delay.ms", "Time that an empty classic group waits for more members.");
        effect("group.min.session.timeout.ms", "Shortest session a classic member may ask for.");
        effect("group.max.session.timeout.ms", "Longest session a classic member may ask for.");
        effect("group.max.size", "Most members of a classic group.");
        effect("group.coordinator.threads", "Threads of the group coordinator.");
        effect("group.coordinator.background.threads", "Threads for its slow work, such as regular expressions.");
        effect("group.coordinator.cached.buffer.max.bytes", "Largest write buffer that it keeps.");
        effect("group.coordinator.rebalance.protocols", "Protocols of groups that are offered.");
        effect("group.coordinator.append.linger.ms", "How long the coordinator gathers records before it writes.");
        effect("group.consumer.heartbeat.interval.ms", "Heartbeat interval of KIP-848 groups.");
        effect("group.consumer.session.timeout.ms", "Session timeout of KIP-848 groups.");
        effect("group.consumer.min.heartbeat.interval.ms", "Least heartbeat interval a group may be configured with.");
        effect(
                "group.consumer.max.heartbeat.interval.ms",
                "Greatest heartbeat interval a group may be configured with.");
        effect("group.consumer.min.session.timeout.ms", "Least session timeout a group may be configured with.");
        effect("group.consumer.max.session.timeout.ms", "Greatest session timeout a group may be configured with.");
        effect("group.consumer.max.size", "Most members of a KIP-848 group.");
        effect("group.consumer.assignors", "Server-side assignors of KIP-848 groups.");
        effect("group.consumer.assignment.interval.ms", "Least time between two assignments of a KIP-848 group.");
        effect("group.consumer.min.assignment.interval.ms", "Least such time a group may be configured with.");
        effect("group.consumer.max.assignment.interval.ms", "Greatest such time a group may be configured with.");
        effect("group.consumer.migration.policy", "Which way a group may change its protocol while it has members.");
    }
}
