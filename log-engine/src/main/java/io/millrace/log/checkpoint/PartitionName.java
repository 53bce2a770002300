package io.millrace.log.checkpoint;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of a partition and of its directory, by Kafka's rules: {@code <topic>-<partition>}.
 *
 * @param topic letters, digits, dot, underscore and hyphen, at most 249, not {@code .} or {@code ..}
 * @param partition from 0
 */
public record PartitionName(String topic, int partition) implements Comparable<PartitionName> {
    private static final Pattern LEGAL_TOPIC = Pattern.compile("[a-zA-Z0-9._-]{1,249}");
    private static final Pattern LEGAL_PARTITION = Pattern.compile("0|[1-9][0-9]{0,9}");

    /** Checks the name, which becomes a part of a path. */
    public PartitionName {
        boolean dots = topic.equals(".") || topic.equals("..");
        if (dots || partition < 0 || !LEGAL_TOPIC.matcher(topic).matches()) {
            throw new IllegalArgumentException("not a partition: topic=" + topic + " partition=" + partition);
        }
    }

    /** The partition whose directory has that name, or null where it is not one. */
    public static @Nullable PartitionName parse(String directoryName) {
        int hyphen = directoryName.lastIndexOf('-');
        if (hyphen < 1) {
            return null;
        }
        String topic = directoryName.substring(0, hyphen);
        String digits = directoryName.substring(hyphen + 1);
        boolean legal = LEGAL_TOPIC.matcher(topic).matches()
                && LEGAL_PARTITION.matcher(digits).matches()
                && !topic.equals(".")
                && !topic.equals("..");
        return legal && Long.parseLong(digits) <= Integer.MAX_VALUE
                ? new PartitionName(topic, Integer.parseInt(digits))
                : null;
    }

    public String directoryName() {
        return topic + "-" + partition;
    }

    @Override
    public int compareTo(PartitionName other) {
        int byTopic = topic.compareTo(other.topic);
        return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
    }

    @Override
    public String toString() {
        return directoryName();
    }
}
