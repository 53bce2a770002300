package io.millrace.broker.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DeleteTopicsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace topics}: makes, lists, describes, changes and deletes topics, with the flags of kafka-topics. */
@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Create, list, describe, change or delete topics.")
public final class TopicsCommand implements Callable<Integer> {
    @ArgGroup(multiplicity = "1")
    private Action action = new Action();

    @Option(
            names = "--topic",
            paramLabel = "NAME",
            description = "The topic; for all but --create a regular expression that names one or several.")
    private @Nullable String topic;

    @Option(names = "--partitions", paramLabel = "N", description = "Number of partitions (--create, --alter).")
    private @Nullable Integer partitions;

    @Option(names = "--replication-factor", paramLabel = "N", description = "Replicas of each partition (--create).")
    private @Nullable Short replicationFactor;

    @Option(names = "--config", paramLabel = "NAME=VALUE", description = "A topic setting (--create); may be repeated.")
    private List<String> configs = new ArrayList<>();

    @Option(names = "--if-not-exists", description = "A topic that is there already is no error (--create).")
    private boolean ifNotExists;

    @Option(
            names = "--if-exists",
            description = "A topic that is not there is no error (--describe, --alter, --delete).")
    private boolean ifExists;

    @Option(names = "--exclude-internal", description = "Leave out internal topics (--list, --describe).")
    private boolean excludeInternal;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    /** Exactly one of them. */
    static final class Action {
        @Option(names = "--create", required = true, description = "Make a topic.")
        private boolean create;

        @Option(names = "--list", required = true, description = "Names of all topics.")
        private boolean list;

        @Option(names = "--describe", required = true, description = "Partitions, leaders, replicas, settings.")
        private boolean describe;

        @Option(names = "--alter", required = true, description = "Add partitions.")
        private boolean alter;

        @Option(names = "--delete", required = true, description = "Delete topics with all their records.")
        private boolean delete;
    }

    @Override
    public Integer call() throws Exception {
        final Map<String, String> settings = settings();
        checkFlags();
        try (Admin admin = client.admin();
                Output out = Output.standard()) {
            if (action.create) {
                create(admin, out, settings);
            } else if (action.list) {
                list(admin, out);
            } else if (action.describe) {
                describe(admin, out);
            } else if (action.alter) {
                alter(admin, out);
            } else {
                delete(admin, out);
            }
        }
        return 0;
    }

    private void checkFlags() {
        if (topic == null && (action.create || action.alter || action.delete)) {
            throw new UsageException("--topic is missing");
        }
        if (action.alter && partitions == null) {
            throw new UsageException("--alter: --partitions is missing (settings are changed by kafka-configs)");
        }
        if (!configs.isEmpty() && !action.create) {
            throw new UsageException("--config goes with --create only");
        }
        if (partitions != null && partitions < 1) {
            throw new UsageException("--partitions " + partitions + ": must be at least 1");
        }
        if (replicationFactor != null && replicationFactor < 1) {
            throw new UsageException("--replication-factor " + replicationFactor + ": must be at least 1");
        }
    }

    private Map<String, String> settings() {
        final Map<String, String> settings = new HashMap<>();
        for (final String text : configs) {
            final NameValue parsed = NameValue.parse("--config", text);
            settings.put(parsed.name(), parsed.value());
        }
        return settings;
    }

    private void create(final Admin admin, final Output out, final Map<String, String> settings) throws Exception {
        final String name = given(topic);
        final NewTopic request =
                new NewTopic(name, Optional.ofNullable(partitions), Optional.ofNullable(replicationFactor));
        request.configs(settings);
        boolean created = true;
        try {
            admin.createTopics(List.of(request), new CreateTopicsOptions())
                    .all()
                    .get();
        } catch (final ExecutionException e) {
            if (!ifNotExists || !(Failures.unwrap(e) instanceof TopicExistsException)) {
                throw e;
            }
            created = false;
        }
        answer(out, name, created ? "created" : "exists");
    }

    private void list(final Admin admin, final Output out) throws Exception {
        for (final String name : matching(admin)) {
            if (client.json()) {
                out.json(Map.of("topic", name));
            } else {
                out.line(name);
            }
        }
    }

    private void describe(final Admin admin, final Output out) throws Exception {
        final Collection<String> names = existing(admin);
        final Map<String, TopicDescription> topics =
                new TreeMap<>(admin.describeTopics(names).allTopicNames().get());
        final Map<String, Map<String, String>> settings = overrides(admin, names);
        for (final TopicDescription description : topics.values()) {
            final Map<String, String> changed = settings.getOrDefault(description.name(), Map.of());
            if (client.json()) {
                out.json(TopicText.asMap(description, changed));
            } else {
                TopicText.lines(description, changed).forEach(out::line);
            }
        }
    }

    private static Map<String, Map<String, String>> overrides(final Admin admin, final Collection<String> names)
            throws Exception {
        final List<ConfigResource> resources = names.stream()
                .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                .toList();
        final Map<String, Map<String, String>> overrides = new HashMap<>();
        for (final Map.Entry<ConfigResource, Config> entry :
                admin.describeConfigs(resources).all().get().entrySet()) {
            overrides.put(entry.getKey().name(), changed(entry.getValue()));
        }
        return overrides;
    }

    private static Map<String, String> changed(final Config config) {
        final Map<String, String> changed = new TreeMap<>();
        for (final ConfigEntry entry : config.entries()) {
            if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) {
                changed.put(entry.name(), String.valueOf(entry.value()));
            }
        }
        return changed;
    }

    private void alter(final Admin admin, final Output out) throws Exception {
        final Map<String, NewPartitions> requests = new LinkedHashMap<>();
        final int total = given(partitions);
        existing(admin).forEach(name -> requests.put(name, NewPartitions.increaseTo(total)));
        admin.createPartitions(requests).all().get();
        requests.keySet().forEach(name -> answer(out, name, "partitions=" + total));
    }

    private void delete(final Admin admin, final Output out) throws Exception {
        final Collection<String> names = existing(admin);
        admin.deleteTopics(names, new DeleteTopicsOptions()).all().get();
        names.forEach(name -> answer(out, name, "deleted"));
    }

    /** The topics that the expression names; none is an error unless --if-exists. */
    private Collection<String> existing(final Admin admin) throws Exception {
        final Collection<String> names = matching(admin);
        if (names.isEmpty() && topic != null && !ifExists) {
            throw new CommandException("topic '" + topic + "' does not exist");
        }
        return names;
    }

    private Collection<String> matching(final Admin admin) throws Exception {
        final Pattern pattern = pattern();
        final Collection<String> names = new TreeSet<>();
        for (final var listing : admin.listTopics(new ListTopicsOptions().listInternal(true))
                .listings()
                .get()) {
            final boolean wanted =
                    !listing.isInternal() || !(excludeInternal || (action.delete && !isExact(listing.name())));
            if (wanted
                    && (isExact(listing.name())
                            || pattern.matcher(listing.name()).matches())) {
                names.add(listing.name());
            }
        }
        return names;
    }

    private boolean isExact(final String name) {
        return name.equals(topic);
    }

    private Pattern pattern() {
        try {
            return Pattern.compile(topic == null ? ".*" : topic);
        } catch (final PatternSyntaxException e) {
            throw new UsageException("--topic " + topic + ": not a regular expression: " + e.getDescription());
        }
    }

    private void answer(final Output out, final String name, final String what) {
        if (client.json()) {
            out.json(Map.of("topic", name, "result", what));
        } else {
            out.line("topic " + name + ": " + what);
        }
    }

    private static <T> T given(final @Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("checked before");
        }
        return value;
    }
}
