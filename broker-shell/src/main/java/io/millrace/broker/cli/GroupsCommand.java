package io.millrace.broker.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace groups}: lists, describes, resets and deletes consumer groups, with kafka-consumer-groups' flags. */
@Command(
        name = "groups",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "List, describe, reset or delete consumer groups.")
public final class GroupsCommand implements Callable<Integer> {
    @ArgGroup(multiplicity = "1")
    private Action action = new Action();

    @Option(names = "--group", paramLabel = "NAME", description = "The group; may be repeated.")
    private List<String> groups = new ArrayList<>();

    @Option(names = "--all-groups", description = "Every consumer group.")
    private boolean allGroups;

    @Option(names = "--members", description = "Members instead of offsets (--describe).")
    private boolean members;

    @Option(names = "--offsets", description = "Offsets and lag, which is the default (--describe).")
    private boolean offsets;

    @Option(
            names = "--state",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "STATES",
            description = "State instead of offsets (--describe); with state, or only of these states (--list).")
    private @Nullable String state;

    @Option(
            names = "--topic",
            paramLabel = "NAME[:P,P]",
            description = "Topic, or some partitions of it (--reset-offsets, --delete-offsets); may be repeated.")
    private List<String> topics = new ArrayList<>();

    @Option(names = "--all-topics", description = "All topics the group has offsets of (--reset-offsets).")
    private boolean allTopics;

    @Mixin
    private final ResetOptions reset = new ResetOptions();

    @Mixin
    private final ClientOptions client = new ClientOptions();

    /** Exactly one of them. */
    static final class Action {
        @Option(names = "--list", required = true, description = "Names of all consumer groups.")
        private boolean list;

        @Option(names = "--describe", required = true, description = "Offsets and lag, members, or state.")
        private boolean describe;

        @Option(names = "--delete", required = true, description = "Delete groups without members.")
        private boolean delete;

        @Option(names = "--reset-offsets", required = true, description = "Move a group without members.")
        private boolean reset;

        @Option(names = "--delete-offsets", required = true, description = "Forget a group's offsets of topics.")
        private boolean deleteOffsets;
    }

    @Override
    public Integer call() throws Exception {
        checkFlags();
        try (Admin admin = client.admin();
                Output out = Output.standard()) {
            if (action.list) {
                list(admin, out);
            } else if (action.describe) {
                describe(admin, out);
            } else if (action.delete) {
                delete(admin, out);
            } else if (action.reset) {
                reset(admin, out);
            } else {
                deleteOffsets(admin, out);
            }
        }
        return 0;
    }

    private void checkFlags() {
        if (!action.list && groups.isEmpty() && !allGroups) {
            throw new UsageException("--group is missing (or --all-groups)");
        }
        if (Stream.of(members, offsets, state != null).filter(set -> set).count() > 1) {
            throw new UsageException("--members, --offsets and --state exclude each other");
        }
        if (action.reset) {
            reset.check();
        } else if (reset.isUsed()) {
            throw new UsageException("--to-..., --shift-by, --by-duration, --execute go with --reset-offsets only");
        }
        if (action.reset && topics.isEmpty() == !allTopics) {
            throw new UsageException("--reset-offsets: one of --topic and --all-topics is needed");
        }
        if (action.deleteOffsets && topics.isEmpty()) {
            throw new UsageException("--delete-offsets: --topic is missing");
        }
    }

    private void list(final Admin admin, final Output out) throws Exception {
        final Set<String> states = states();
        for (final GroupListing group : listings(admin)) {
            final String is = group.groupState().map(Object::toString).orElse("Unknown");
            if (!states.isEmpty() && !states.contains(is.toLowerCase(Locale.ROOT))) {
                continue;
            }
            if (client.json()) {
                out.json(listing(group, is));
            } else {
                out.line(state == null ? group.groupId() : group.groupId() + "\t" + is);
            }
        }
    }

    private static Map<String, Object> listing(final GroupListing group, final String is) {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("group", group.groupId());
        map.put("state", is);
        map.put("type", group.type().map(Object::toString).orElse("Unknown"));
        return map;
    }

    private Set<String> states() {
        final Set<String> states = new HashSet<>();
        if (state != null && !state.isEmpty()) {
            for (final String each : state.split(",", -1)) {
                states.add(each.strip().toLowerCase(Locale.ROOT));
            }
        }
        return states;
    }

    private static List<GroupListing> listings(final Admin admin) throws Exception {
        return admin.listGroups(ListGroupsOptions.forConsumerGroups()).all().get().stream()
                .sorted(Comparator.comparing(GroupListing::groupId))
                .toList();
    }

    private Collection<String> names(final Admin admin) throws Exception {
        return allGroups ? listings(admin).stream().map(GroupListing::groupId).toList() : groups;
    }

    private void describe(final Admin admin, final Output out) throws Exception {
        final Map<String, ConsumerGroupDescription> described =
                new TreeMap<>(admin.describeConsumerGroups(names(admin)).all().get());
        final GroupText text = new GroupText(out, client.json());
        for (final ConsumerGroupDescription group : described.values()) {
            if (state != null) {
                text.state(group);
            } else if (members) {
                text.members(group);
            } else {
                text.offsets(admin, group);
            }
        }
        text.end();
    }

    private void delete(final Admin admin, final Output out) throws Exception {
        final Collection<String> names = names(admin);
        admin.deleteConsumerGroups(names).all().get();
        names.forEach(name -> answer(out, name, "deleted"));
    }

    private void deleteOffsets(final Admin admin, final Output out) throws Exception {
        for (final String group : names(admin)) {
            final Set<TopicPartition> partitions = PartitionArgument.resolve(admin, topics);
            admin.deleteConsumerGroupOffsets(group, partitions).all().get();
            answer(out, group, "offsets of " + String.join(", ", topics) + " deleted");
        }
    }

    private void reset(final Admin admin, final Output out) throws Exception {
        final Table table = new Table("GROUP", "TOPIC", "PARTITION", "NEW-OFFSET");
        for (final String group : names(admin)) {
            final OffsetReset plan = new OffsetReset(admin, group, reset);
            plan.checkHasNoMembers();
            final Map<TopicPartition, Long> targets = plan.targets(
                    allTopics
                            ? GroupOffsets.of(admin, group).committed().keySet()
                            : PartitionArgument.resolve(admin, topics));
            if (reset.execute()) {
                plan.commit(targets);
            }
            GroupOffsets.sorted(targets).forEach((at, offset) -> show(out, table, group, at, offset));
        }
        if (!client.json()) {
            table.print(out);
        }
        if (!reset.execute()) {
            System.err.println("dry run, nothing was changed: add --execute to change it");
        }
    }

    private void show(
            final Output out, final Table table, final String group, final TopicPartition at, final long offset) {
        if (client.json()) {
            final Map<String, Object> map = new LinkedHashMap<>();
            map.put("group", group);
            map.put("topic", at.topic());
            map.put("partition", at.partition());
            map.put("newOffset", offset);
            map.put("executed", reset.execute());
            out.json(map);
        } else {
            table.row(group, at.topic(), at.partition(), offset);
        }
    }

    private void answer(final Output out, final String group, final String what) {
        if (client.json()) {
            out.json(Map.of("group", group, "result", what));
        } else {
            out.line("group " + group + ": " + what);
        }
    }
}
