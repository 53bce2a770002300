package io.millrace.log.checkpoint;

import org.jspecify.annotations.Nullable;

/**
 * The name of a partition and of its directory, by Kafka's rules: {@code <topic>-<partition>}.
 *
 * @param topic letters, digits, dot, underscore and hyphen, at most 249, not {@code .} or {@code ..}
 * @param partition from 0
 */
public record PartitionName(String topic, int partition) implements Comparable<PartitionName> {
    private static final int TOPIC_LENGTH_MAX = 249;
    private static final int DIGITS_MAX = 10;

    /** Checks the name, which becomes a part of a path. */
    public PartitionName {
        if (partition < 0 || !isLegalTopic(topic)) {
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
        long partition = partition(directoryName, hyphen + 1);
        boolean legal = partition >= 0 && partition <= Integer.MAX_VALUE && isLegalTopic(topic);
        return legal ? new PartitionName(topic, (int) partition) : null;
    }

    /** The number behind the hyphen, as Kafka writes it: without a sign, without leading zeros; -1 where there is none. */
    private static long partition(String name, int from) {
        int digits = name.length() - from;
        if (digits < 1 || digits > DIGITS_MAX || (digits > 1 && name.charAt(from) == '0')) {
            return -1;
        }
        long number = 0;
        for (int i = from; i < name.length(); i++) {
            char digit = name.charAt(i);
            if (digit < '0' || digit > '9') {
                return -1;
            }
            number = 10 * number + digit - '0';
        }
        return number;
    }

    /** By hand: names are made for each look at a log, of which a node may have ten thousand. */
    private static boolean isLegalTopic(String topic) {
        int length = topic.length();
        if (length < 1 || length > TOPIC_LENGTH_MAX || topic.equals(".") || topic.equals("..")) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (!isLegal(topic.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isLegal(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
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
