package io.millrace.broker.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The settings of one node: checked, complete, immutable.
 *
 * <p>From high to low: {@code --set name=value}, environment variables, the file, {@link Defaults Millrace's defaults}
 * where Kafka has none that start alone, Kafka's defaults. A bad value is a {@link ConfigException} of one line; an unknown
 * name is one of {@link #warnings}.
 */
public final class NodeConfig {
    private static final Pattern VOTER = Pattern.compile("(\\d+)@(\\[[0-9a-fA-F:.%]+]|[^:@]+):(\\d{1,5})");
    private static final Pattern SERVER = Pattern.compile("(\\[[0-9a-fA-F:.%]+]|[^:@]+):(\\d{1,5})");
    private static final Set<String> SELF = Set.of("localhost", "127.0.0.1", "[::1]");

    private final SettingValues values;
    private final Listeners listeners;
    private final List<String> warnings;

    private NodeConfig(final SettingValues values, final Listeners listeners, final List<String> warnings) {
        this.values = values;
        this.listeners = listeners;
        this.warnings = List.copyOf(warnings);
    }

    /**
     * Reads and checks everything that was said about this node.
     *
     * @param file        server.properties, if any; without one the defaults are those of a first try on one machine.
     * @param overrides   {@code name=value} from the command line.
     * @param environment the environment variables.
     * @return the configuration.
     * @throws ConfigException at the first value that the node cannot start with.
     */
    public static NodeConfig load(
            final Optional<Path> file, final List<String> overrides, final Map<String, String> environment) {
        final List<String> warnings = new ArrayList<>();
        final Map<String, Setting> given = SettingSources.read(file, environment, overrides, warnings);
        final SettingValues values = SettingValues.parse(given);
        Defaults.fill(values, file.isEmpty());
        final Listeners listeners = Listeners.resolve(values, file.isEmpty());
        if (!listeners.interBroker().isEmpty() && !values.isGiven("security.inter.broker.protocol")) {
            values.replace("inter.broker.listener.name", listeners.interBroker());
        }
        values.replace("advertised.listeners", text(listeners.advertised()));
        final NodeConfig config = new NodeConfig(values, listeners, withReview(warnings, given));
        config.check();
        return config;
    }

    /**
     * Number of this node.
     *
     * @return {@code node.id}.
     */
    public int nodeId() {
        return getInt(Defaults.NODE_ID);
    }

    /**
     * Roles of this process.
     *
     * @return broker, controller or both.
     */
    public Set<String> processRoles() {
        return Set.copyOf(getList(Defaults.ROLES));
    }

    /**
     * Whether clients are served.
     *
     * @return true with the role broker.
     */
    public boolean isBroker() {
        return processRoles().contains("broker");
    }

    /**
     * Whether this node takes part in the control plane.
     *
     * @return true with the role controller.
     */
    public boolean isController() {
        return processRoles().contains("controller");
    }

    /**
     * Whether this node may form a new cluster on its own: it is a controller without static voters, and no bootstrap
     * server but itself.
     *
     * @return true if it need not wait for anybody.
     */
    public boolean standalone() {
        return isController()
                && getList(Defaults.VOTERS).isEmpty()
                && getList(Defaults.BOOTSTRAP).stream().allMatch(this::isOwnAddress);
    }

    /**
     * Where the node listens.
     *
     * @return client listeners and controller listeners, in the order given.
     */
    public List<ListenerSpec> listeners() {
        return listeners.bound();
    }

    /**
     * Where the schema registry listens.
     *
     * @return empty for a node without one.
     */
    public Optional<ListenerSpec> schemaRegistryListener() {
        return getString(MillraceSettings.SCHEMA_REGISTRY_LISTENERS)
                .filter(text -> isBroker() && !text.isBlank())
                .map(text -> ListenerSpec.http(text, values.setting(MillraceSettings.SCHEMA_REGISTRY_LISTENERS)));
    }

    /**
     * Where monitoring asks.
     *
     * @return empty for a node that is not monitored so.
     */
    public Optional<ListenerSpec> metricsListener() {
        return getString(MillraceSettings.METRICS_LISTENERS)
                .filter(text -> isBroker() && !text.isBlank())
                .map(text -> ListenerSpec.http(text, values.setting(MillraceSettings.METRICS_LISTENERS)));
    }

    /**
     * Addresses that clients and peers are told.
     *
     * @return never an empty host; port 0 stands for the bound port of the listener of that name.
     */
    public List<ListenerSpec> advertisedListeners() {
        return listeners.advertised();
    }

    /**
     * The listener that brokers use among themselves.
     *
     * @return its name; empty for a node that is only a controller.
     */
    public String interBrokerListenerName() {
        return listeners.interBroker();
    }

    /**
     * The listener by which this node reaches controllers.
     *
     * @return the first of {@code controller.listener.names}.
     */
    public String controllerListenerName() {
        return getList(Defaults.CONTROLLER_LISTENERS).get(0);
    }

    /**
     * Data directories; exactly one for now.
     *
     * @return absolute paths.
     */
    public List<Path> logDirs() {
        final List<String> names = getList(Defaults.LOG_DIRS);
        return (names.isEmpty() ? getList("log.dir") : names)
                .stream()
                        .map(name -> Path.of(name).toAbsolutePath().normalize())
                        .toList();
    }

    /**
     * Directory of the cluster metadata log.
     *
     * @return {@code metadata.log.dir}, or the first data directory.
     */
    public Path metadataLogDir() {
        return getString("metadata.log.dir")
                .map(name -> Path.of(name).toAbsolutePath().normalize())
                .orElseGet(() -> logDirs().get(0));
    }

    /**
     * The cluster id to format with or to insist on.
     *
     * @return {@code millrace.cluster.id}, if set.
     */
    public Optional<String> clusterId() {
        return getString(MillraceSettings.CLUSTER_ID);
    }

    /**
     * Whether a value was given, as opposed to left to a default.
     *
     * @param name in Kafka's dotted form.
     * @return true if the file, the environment or the command line sets it.
     */
    public boolean configured(final String name) {
        return values.isGiven(name);
    }

    /**
     * Everything that was given and Millrace's defaults, without what is left to Kafka's: what Kafka's own configuration
     * classes are made from.
     *
     * @return name to value, as text.
     */
    public Map<String, String> properties() {
        return values.effective();
    }

    /**
     * What somebody should read before the node starts.
     *
     * @return one line each: unknown names, names set twice. For names without effect see {@link #withoutEffect}.
     */
    public List<String> warnings() {
        return warnings;
    }

    /**
     * Names that were given, that Kafka knows, and that Millrace does not act on.
     *
     * @return sorted.
     */
    public List<String> withoutEffect() {
        return KnownSettings.withoutEffect(values.given());
    }

    /**
     * A whole number.
     *
     * @param name a setting of type INT or SHORT that has a value or default.
     * @return its value.
     */
    public int getInt(final String name) {
        return ((Number) values.get(name)).intValue();
    }

    /**
     * A long number.
     *
     * @param name a setting of a whole-number type that has a value or default.
     * @return its value.
     */
    public long getLong(final String name) {
        return ((Number) values.get(name)).longValue();
    }

    /**
     * A switch.
     *
     * @param name a setting of type BOOLEAN that has a value or default.
     * @return its value.
     */
    public boolean getBoolean(final String name) {
        return (Boolean) values.get(name);
    }

    /**
     * A text, or any other value as text.
     *
     * @param name a known setting.
     * @return its value; empty where it has neither value nor default.
     */
    public Optional<String> getString(final String name) {
        return Optional.ofNullable(values.find(name)).map(String::valueOf);
    }

    /**
     * A list.
     *
     * @param name a setting of type LIST.
     * @return its entries; none where it is not set.
     */
    public List<String> getList(final String name) {
        return values.list(name);
    }

    private static List<String> withReview(final List<String> warnings, final Map<String, Setting> given) {
        warnings.addAll(KnownSettings.review(given.values()));
        return warnings;
    }

    private static String text(final List<ListenerSpec> specs) {
        return specs.stream().map(ListenerSpec::toString).collect(Collectors.joining(","));
    }

    private void check() {
        checkClusterId();
        checkDirectories();
        checkVoters();
        checkBootstrapServers();
        schemaRegistryListener();
        metricsListener();
    }

    private void checkClusterId() {
        clusterId().filter(id -> !id.matches("[A-Za-z0-9_-]{1,100}")).ifPresent(id -> {
            throw values.setting(MillraceSettings.CLUSTER_ID).error("letters, digits, - and _ only");
        });
    }

    private void checkDirectories() {
        final String name =
                values.isGiven("log.dir") && !values.isGiven(Defaults.LOG_DIRS) ? "log.dir" : Defaults.LOG_DIRS;
        final int count = logDirs().size();
        if (count != 1) {
            throw values.setting(name)
                    .error(count == 0 ? "names no directory" : "names " + count + " directories, one is served yet");
        }
    }

    private void checkVoters() {
        final Setting setting = values.setting(Defaults.VOTERS);
        boolean self = false;
        for (final String voter : getList(Defaults.VOTERS)) {
            final var matcher = VOTER.matcher(voter);
            if (!matcher.matches()) {
                throw setting.error("'" + voter + "' is not of the form id@host:port");
            }
            self |= matcher.group(1).equals(Integer.toString(nodeId()));
        }
        if (isController() && !self && !getList(Defaults.VOTERS).isEmpty()) {
            throw setting.error(
                    "this node's id " + nodeId() + " is not among the voters, but its roles name controller");
        }
        if (!isController() && self) {
            throw setting.error("this node's id " + nodeId() + " is a voter, but its roles name no controller");
        }
    }

    private void checkBootstrapServers() {
        final Setting setting = values.setting(Defaults.BOOTSTRAP);
        for (final String server : getList(Defaults.BOOTSTRAP)) {
            if (!SERVER.matcher(server).matches()) {
                throw setting.error("'" + server + "' is not of the form host:port");
            }
        }
        if (!isController()
                && getList(Defaults.VOTERS).isEmpty()
                && getList(Defaults.BOOTSTRAP).isEmpty()) {
            throw values.setting(Defaults.ROLES)
                    .error("a broker needs controller.quorum.bootstrap.servers or controller.quorum.voters");
        }
    }

    private boolean isOwnAddress(final String server) {
        final int colon = server.lastIndexOf(':');
        final String host = server.substring(0, colon);
        return listeners.advertised().stream()
                .filter(ListenerSpec::controller)
                .filter(spec -> Integer.toString(spec.port()).equals(server.substring(colon + 1)))
                .anyMatch(spec -> SELF.contains(host) || spec.host().equals(host));
    }
}
