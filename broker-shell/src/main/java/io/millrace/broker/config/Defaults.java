package io.millrace.broker.config;

import java.util.List;

/**
 * What Millrace puts where Kafka has no default or one that does not start alone.
 *
 * <p>Always: both roles, node 1, a controller listener, {@code ./millrace-data}. Without a configuration file the node is
 * taken for a first try on one machine: it advertises localhost, its internal topics have one replica, an empty group does
 * not wait three seconds for more members, and the control plane writes nothing while idle. With a file, everything else
 * that the file leaves out is as in Kafka.
 */
final class Defaults {
    static final String ROLES = "process.roles";
    static final String NODE_ID = "node.id";
    static final String BROKER_ID = "broker.id";
    static final String LISTENERS = "listeners";
    static final String CONTROLLER_LISTENERS = "controller.listener.names";
    static final String VOTERS = "controller.quorum.voters";
    static final String BOOTSTRAP = "controller.quorum.bootstrap.servers";
    static final String LOG_DIRS = "log.dirs";

    private Defaults() {}

    static void fill(final SettingValues values, final boolean withoutFile) {
        roles(values);
        nodeId(values);
        listeners(values);
        directories(values);
        if (withoutFile) {
            firstTry(values);
        }
    }

    private static void roles(final SettingValues values) {
        for (final String quorum : List.of(VOTERS, BOOTSTRAP)) {
            if (values.isGiven(quorum) && !values.isGiven(ROLES)) {
                throw values.setting(quorum).error("process.roles must be set with it");
            }
        }
        values.fill(ROLES, "broker,controller");
        if (values.list(ROLES).isEmpty()) {
            throw values.setting(ROLES).error("names neither broker nor controller");
        }
    }

    private static void nodeId(final SettingValues values) {
        final boolean both = values.isGiven(NODE_ID) && values.isGiven(BROKER_ID);
        if (both && !values.get(NODE_ID).equals(values.get(BROKER_ID))) {
            throw values.setting(BROKER_ID).error("differs from node.id=" + values.get(NODE_ID));
        }
        values.fill(NODE_ID, values.isGiven(BROKER_ID) ? values.get(BROKER_ID).toString() : "1");
        values.fill(BROKER_ID, values.get(NODE_ID).toString());
    }

    /**
     * A controller that is alone needs no address that others know: where none is given it listens on a free port of
     * loopback, so that nothing can clash.
     */
    private static void listeners(final SettingValues values) {
        final List<String> roles = values.list(ROLES);
        final boolean namesGiven = values.isGiven(CONTROLLER_LISTENERS);
        values.fill(CONTROLLER_LISTENERS, "CONTROLLER");
        if (roles.contains("broker")) {
            values.fill(LISTENERS, "PLAINTEXT://:9092");
        }
        final boolean alone =
                values.list(VOTERS).isEmpty() && values.list(BOOTSTRAP).isEmpty();
        final String current = values.isGiven(LISTENERS) || roles.contains("broker") ? values.text(LISTENERS) : "";
        if (roles.contains("controller") && !namesGiven && alone && !current.contains("CONTROLLER://")) {
            values.replace(LISTENERS, current + (current.isEmpty() ? "" : ",") + "CONTROLLER://127.0.0.1:0");
        }
    }

    private static void directories(final SettingValues values) {
        if (!values.isGiven(LOG_DIRS) && !values.isGiven("log.dir")) {
            values.fill(LOG_DIRS, "./millrace-data");
        }
    }

    private static void firstTry(final SettingValues values) {
        if (!values.isGiven(LISTENERS)) {
            values.fill(MillraceSettings.SCHEMA_REGISTRY_LISTENERS, "http://:8081");
        }
        if (isClusterOfOne(values)) {
            values.fill("offsets.topic.replication.factor", "1");
            values.fill("transaction.state.log.replication.factor", "1");
            values.fill("transaction.state.log.min.isr", "1");
            values.fill("share.coordinator.state.topic.replication.factor", "1");
            values.fill("share.coordinator.state.topic.min.isr", "1");
        }
        values.fill("group.initial.rebalance.delay.ms", "0");
        values.fill("controller.quorum.append.linger.ms", "0");
        values.fill("metadata.max.idle.interval.ms", "0");
    }

    /** A node that is controller and broker, and knows of no other. */
    private static boolean isClusterOfOne(final SettingValues values) {
        return values.list(ROLES).size() > 1
                && values.list(VOTERS).size() <= 1
                && values.list(BOOTSTRAP).size() <= 1;
    }
}
