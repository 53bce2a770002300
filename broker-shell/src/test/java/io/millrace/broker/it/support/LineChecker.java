package io.millrace.broker.it.support;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Compares what came out with the lines that went in: each line there, unchanged, once, and the lines of a file in their
 * order within each partition. Used by one thread. Answers with sentences, one for each kind of fault and line.
 */
public final class LineChecker {
    private static final int SENTENCES_MAX = 20;

    private final Map<String, LogLines.Line> expected = new HashMap<>();
    private final boolean repeatsAllowed;

    private LineChecker(Collection<LogLines.Line> lines, boolean repeatsAllowed) {
        this.repeatsAllowed = repeatsAllowed;
        lines.forEach(line -> expected.put(line.key(), line));
    }

    /** Each line exactly once. */
    public static LineChecker once(Collection<LogLines.Line> lines) {
        return new LineChecker(lines, false);
    }

    /** Each line at least once, as a producer without idempotence may repeat it; repeats do not count for the order. */
    public static LineChecker atLeastOnce(Collection<LogLines.Line> lines) {
        return new LineChecker(lines, true);
    }

    /** Every fault found, at most twenty; empty when all is well. */
    public List<String> faults(Collection<Received> received) {
        List<String> faults = new ArrayList<>();
        Map<String, Received> seen = new HashMap<>();
        Map<String, Integer> lastNumber = new HashMap<>();
        for (Received record : inPartitionOrder(received)) {
            LogLines.Line line = expected.get(record.key());
            if (line == null) {
                faults.add("never produced: " + record);
            } else if (!Objects.equals(line.text(), record.value())) {
                faults.add("changed: " + record + " expected " + line.text());
                seen.put(record.key(), record);
            } else if (seen.putIfAbsent(record.key(), record) != null) {
                doubled(faults, seen.get(record.key()), record);
            } else {
                checkOrder(faults, lastNumber, record, line);
            }
        }
        expected.keySet().stream().filter(key -> !seen.containsKey(key)).forEach(key -> faults.add("lost: " + key));
        return faults.subList(0, Math.min(faults.size(), SENTENCES_MAX));
    }

    private static List<Received> inPartitionOrder(Collection<Received> received) {
        List<Received> sorted = new ArrayList<>(received);
        sorted.sort(Comparator.comparingInt(Received::partition).thenComparingLong(Received::offset));
        return sorted;
    }

    private void doubled(List<String> faults, Received first, Received second) {
        if (!repeatsAllowed) {
            faults.add("doubled: " + second + " also at partition " + first.partition() + " offset " + first.offset());
        }
    }

    private static void checkOrder(
            List<String> faults, Map<String, Integer> lastNumber, Received record, LogLines.Line line) {
        Integer before = lastNumber.put(line.file() + "@" + record.partition(), line.number());
        if (before != null && before > line.number()) {
            faults.add("out of order: " + record + " after line " + before);
        }
    }
}
