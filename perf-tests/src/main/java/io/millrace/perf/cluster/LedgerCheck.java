package io.millrace.perf.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads everything back and holds it against what was acknowledged. Used once, by one thread. */
final class LedgerCheck {
    private static final int EXAMPLES_MAX = 20;
    private static final Duration POLL = Duration.ofMillis(500);

    private final Ledger ledger;
    private final List<BitSet> seen = new ArrayList<>();
    private final long[] last;
    private final Map<String, Long> faults = new LinkedHashMap<>();
    private final List<String> examples = new ArrayList<>();
    private long read;

    LedgerCheck(Ledger ledger) {
        this.ledger = ledger;
        for (int i = 0; i < ledger.partitions(); i++) {
            seen.add(new BitSet());
        }
        last = new long[ledger.partitions()];
        for (String kind : List.of("lost", "doubled", "reordered", "changed", "moved")) {
            faults.put(kind, 0L);
        }
    }

    /** Reads the topic to its end. */
    void run(String bootstrap, String topic) {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "enable.auto.commit", "false");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> all = IntStream.range(0, ledger.partitions())
                    .mapToObj(partition -> new TopicPartition(topic, partition))
                    .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(each -> consumer.position(each) < ends.getOrDefault(each, 0L))) {
                consumer.poll(POLL).forEach(this::look);
            }
        }
        for (int partition = 0; partition < ledger.partitions(); partition++) {
            lookForLost(partition);
        }
    }

    private void look(ConsumerRecord<byte[], byte[]> record) {
        read++;
        int partition = record.partition();
        long number = ledger.numberOf(partition, record.value());
        String where = partition + "@" + record.offset();
        if (number < 0) {
            fault("changed", where);
            return;
        }
        BitSet numbers = seen.get(partition);
        if (numbers.get((int) number)) {
            fault("doubled", number + " again at " + where);
        } else if (number < last[partition]) {
            fault("reordered", number + " after " + last[partition] + " at " + where);
        }
        long told = ledger.offsetOf(partition, number);
        if (told >= 0 && told != record.offset()) {
            fault("moved", number + " was at " + told + ", is at " + where);
        }
        numbers.set((int) number);
        last[partition] = number;
    }

    private void lookForLost(int partition) {
        for (long number = 0; number < ledger.count(partition); number++) {
            if (ledger.offsetOf(partition, number) >= 0 && !seen.get(partition).get((int) number)) {
                fault("lost", number + " of partition " + partition);
            }
        }
    }

    private void fault(String kind, String example) {
        faults.merge(kind, 1L, Long::sum);
        if (examples.size() < EXAMPLES_MAX) {
            examples.add(kind + ": " + example);
        }
    }

    boolean isClean() {
        return faults.values().stream().allMatch(count -> count == 0);
    }

    /** For the report. */
    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>(faults);
        json.put("read", read);
        json.put("acknowledged", ledger.acknowledged());
        json.put("examples", examples);
        return json;
    }
}
