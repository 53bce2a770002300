package io.millrace.broker.cli;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Descriptions of groups: a table in the columns of kafka-consumer-groups, or a JSON object a row. */
final class GroupText {
    private static final String[] OFFSETS = {
        "GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID"
    };
    private static final String[] MEMBERS = {"GROUP", "CONSUMER-ID", "HOST", "CLIENT-ID", "#PARTITIONS", "ASSIGNMENT"};
    private static final String[] STATE = {"GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "#MEMBERS"};

    private final Output out;
    private final boolean json;
    private @Nullable Table table;
    private String[] titles = {};

    GroupText(final Output out, final boolean json) {
        this.out = out;
        this.json = json;
    }

    void offsets(final Admin admin, final ConsumerGroupDescription group) throws Exception {
        final Map<TopicPartition, Long> committed =
                GroupOffsets.of(admin, group.groupId()).committed();
        final Map<TopicPartition, MemberDescription> owners = owners(group);
        final Set<TopicPartition> partitions = new HashSet<>(committed.keySet());
        partitions.addAll(owners.keySet());
        final Map<TopicPartition, Long> ends = GroupOffsets.ends(admin, partitions);
        final Map<TopicPartition, Object> order = new HashMap<>();
        partitions.forEach(partition -> order.put(partition, partition));
        for (final TopicPartition at : GroupOffsets.sorted(order).keySet()) {
            offsetRow(group.groupId(), at, committed.get(at), ends.get(at), owners.get(at));
        }
    }

    void members(final ConsumerGroupDescription group) {
        for (final MemberDescription member : group.members()) {
            final Set<TopicPartition> assigned = member.assignment().topicPartitions();
            final String assignment =
                    assigned.stream().map(TopicPartition::toString).sorted().collect(Collectors.joining(","));
            row(
                    MEMBERS,
                    group.groupId(),
                    member.consumerId(),
                    member.host(),
                    member.clientId(),
                    assigned.size(),
                    assignment.isEmpty() ? "-" : assignment);
        }
    }

    void state(final ConsumerGroupDescription group) {
        final String coordinator = group.coordinator().host() + ":"
                + group.coordinator().port() + " (" + group.coordinator().idString() + ")";
        row(
                STATE,
                group.groupId(),
                coordinator,
                group.partitionAssignor().isEmpty() ? "-" : group.partitionAssignor(),
                group.groupState(),
                group.members().size());
    }

    void end() {
        if (table != null) {
            table.print(out);
        }
    }

    private void offsetRow(
            final String group,
            final TopicPartition at,
            final @Nullable Long committed,
            final @Nullable Long end,
            final @Nullable MemberDescription owner) {
        final Object lag = committed == null || end == null ? "-" : (Object) Math.max(0, end - committed);
        row(
                OFFSETS,
                group,
                at.topic(),
                at.partition(),
                orDash(committed),
                orDash(end),
                lag,
                owner == null ? "-" : owner.consumerId(),
                owner == null ? "-" : owner.host(),
                owner == null ? "-" : owner.clientId());
    }

    private static Object orDash(final @Nullable Long value) {
        return value == null ? "-" : value;
    }

    private static Map<TopicPartition, MemberDescription> owners(final ConsumerGroupDescription group) {
        final Map<TopicPartition, MemberDescription> owners = new HashMap<>();
        for (final MemberDescription member : group.members()) {
            member.assignment().topicPartitions().forEach(partition -> owners.put(partition, member));
        }
        return owners;
    }

    private void row(final String[] newTitles, final Object... cells) {
        if (json) {
            final Map<String, @Nullable Object> object = new LinkedHashMap<>();
            for (int column = 0; column < cells.length; column++) {
                object.put(jsonName(newTitles[column]), jsonCell(cells[column]));
            }
            out.json(object);
            return;
        }
        Table current = table;
        if (current == null || newTitles != titles) {
            current = new Table(newTitles);
            titles = newTitles;
            table = current;
        }
        current.row(cells);
    }

    /** CURRENT-OFFSET is currentOffset, #MEMBERS members, COORDINATOR (ID) coordinator. */
    private static String jsonName(final String title) {
        final String[] words = title.replace("#", "").replace(" (ID)", "").split("-", -1);
        final StringBuilder name = new StringBuilder(words[0].toLowerCase(Locale.ROOT));
        for (int word = 1; word < words.length; word++) {
            name.append(words[word].charAt(0)).append(words[word].substring(1).toLowerCase(Locale.ROOT));
        }
        return name.toString();
    }

    private static @Nullable Object jsonCell(final Object cell) {
        if (cell.equals("-")) {
            return null;
        }
        return cell instanceof Number ? cell : cell.toString();
    }
}
