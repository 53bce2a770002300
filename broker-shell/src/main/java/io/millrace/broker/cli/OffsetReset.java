package io.millrace.broker.cli;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/** Works out where a group is to be moved, within the records there are, and moves it. */
final class OffsetReset {
    private final Admin admin;
    private final String group;
    private final ResetOptions options;

    OffsetReset(final Admin admin, final String group, final ResetOptions options) {
        this.admin = admin;
        this.group = group;
        this.options = options;
    }

    /** A group with members would overwrite what is set here. One that does not exist is made. */
    void checkHasNoMembers() throws Exception {
        try {
            final ConsumerGroupDescription found = Objects.requireNonNull(admin.describeConsumerGroups(List.of(group))
                            .describedGroups()
                            .get(group))
                    .get();
            final GroupState state = found.groupState();
            if (state != GroupState.EMPTY && state != GroupState.DEAD) {
                throw new CommandException("group " + group + " is " + state + ": stop its members first");
            }
        } catch (final ExecutionException e) {
            if (!(Failures.unwrap(e) instanceof GroupIdNotFoundException)) {
                throw e;
            }
        }
    }

    Map<TopicPartition, Long> targets(final Collection<TopicPartition> partitions) throws Exception {
        final Map<TopicPartition, Long> earliest = GroupOffsets.list(admin, partitions, OffsetSpec.earliest());
        final Map<TopicPartition, Long> latest = GroupOffsets.ends(admin, partitions);
        final Map<TopicPartition, Long> wanted = wanted(partitions, earliest, latest);
        final Map<TopicPartition, Long> targets = new HashMap<>();
        for (final TopicPartition partition : partitions) {
            final Long low = earliest.get(partition);
            final Long high = latest.get(partition);
            if (low == null || high == null) {
                throw new CommandException("partition " + partition + " does not exist");
            }
            targets.put(partition, Math.max(low, Math.min(high, wanted.getOrDefault(partition, high))));
        }
        return targets;
    }

    void commit(final Map<TopicPartition, Long> targets) throws Exception {
        final Map<TopicPartition, OffsetAndMetadata> request = new HashMap<>();
        targets.forEach((partition, offset) -> request.put(partition, new OffsetAndMetadata(offset)));
        admin.alterConsumerGroupOffsets(group, request).all().get();
    }

    private Map<TopicPartition, Long> wanted(
            final Collection<TopicPartition> partitions,
            final Map<TopicPartition, Long> earliest,
            final Map<TopicPartition, Long> latest)
            throws Exception {
        final Long timestampMs = options.timestampMs();
        final Long toOffset = options.toOffset();
        if (options.toEarliest()) {
            return earliest;
        }
        if (options.toLatest()) {
            return latest;
        }
        if (timestampMs != null) {
            final Map<TopicPartition, Long> found =
                    GroupOffsets.list(admin, partitions, OffsetSpec.forTimestamp(timestampMs));
            found.values().removeIf(offset -> offset < 0);
            return found;
        }
        return toOffset != null ? all(partitions, toOffset) : shifted(partitions, earliest);
    }

    private static Map<TopicPartition, Long> all(final Collection<TopicPartition> partitions, final long offset) {
        final Map<TopicPartition, Long> same = new HashMap<>();
        partitions.forEach(partition -> same.put(partition, offset));
        return same;
    }

    private Map<TopicPartition, Long> shifted(
            final Collection<TopicPartition> partitions, final Map<TopicPartition, Long> earliest) throws Exception {
        final Long shift = options.shiftBy();
        final Map<TopicPartition, Long> committed =
                GroupOffsets.of(admin, group).committed();
        final Map<TopicPartition, Long> shifted = new HashMap<>();
        for (final TopicPartition partition : partitions) {
            final Long from = committed.getOrDefault(partition, earliest.getOrDefault(partition, 0L));
            shifted.put(partition, Math.max(0, from + (shift == null ? 0 : shift)));
        }
        return shifted;
    }
}
