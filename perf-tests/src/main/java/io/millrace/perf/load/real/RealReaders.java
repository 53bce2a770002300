package io.millrace.perf.load.real;

import io.millrace.perf.load.Failures;
import io.millrace.perf.load.Lane;
import io.millrace.perf.load.Load;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.Probe;
import io.millrace.perf.load.ReadFrom;
import io.millrace.perf.load.Topic;
import io.millrace.perf.load.Worker;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Kafka's consumers, each assigned all partitions, with their defaults. */
public final class RealReaders implements Load {
    private static final Duration POLL = Duration.ofMillis(100);

    private final Map<String, Object> settings;
    private final List<TopicPartition> partitions;
    private final ReadFrom from;
    private final Failures failures = new Failures();
    private final List<Probe> probes = new ArrayList<>();
    private final List<KafkaConsumer<byte[], byte[]>> consumers = new ArrayList<>();
    private final List<Worker> workers = new ArrayList<>();
    private final AtomicLong records = new AtomicLong();

    /** So many readers, who count into a lane; settings are those of every client of the run. */
    public RealReaders(Topic topic, Map<String, Object> settings, int count, ReadFrom from, Lane lane) {
        this.settings = settings;
        this.from = from;
        this.partitions = IntStream.range(0, topic.leaders().size())
                .mapToObj(partition -> new TopicPartition(topic.name(), partition))
                .toList();
        for (int i = 0; i < count; i++) {
            probes.add(lane.newProbe());
        }
    }

    @Override
    public void start() throws LoadFailure {
        try {
            for (Probe probe : probes) {
                KafkaConsumer<byte[], byte[]> consumer = open();
                consumers.add(consumer);
                workers.add(new Worker("real-reader-" + workers.size(), failures, self -> read(self, consumer, probe)));
            }
        } catch (KafkaException e) {
            throw new LoadFailure("a consumer cannot be made: " + LoadFailure.lineOf(e), e);
        }
        workers.forEach(Worker::start);
    }

    private KafkaConsumer<byte[], byte[]> open() {
        KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.assign(partitions);
        if (from == ReadFrom.TAIL) {
            consumer.seekToEnd(partitions);
        } else {
            consumer.seekToBeginning(partitions);
        }
        // Finds the offsets now, before anybody writes.
        partitions.forEach(consumer::position);
        return consumer;
    }

    private void read(Worker self, KafkaConsumer<byte[], byte[]> consumer, Probe probe) {
        try (consumer) {
            while (self.running()) {
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
                if (from == ReadFrom.TAIL) {
                    take(polled, probe);
                } else {
                    count(polled, probe);
                    rewindAtEnds(consumer);
                }
            }
        }
    }

    private void take(ConsumerRecords<byte[], byte[]> polled, Probe probe) {
        long nowNs = System.nanoTime();
        for (ConsumerRecord<byte[], byte[]> record : polled) {
            ByteBuffer value = ByteBuffer.wrap(record.value());
            if (value.remaining() >= RealProducers.STAMP_BYTES && value.getLong() == RealProducers.MARK) {
                probe.answered(value.getLong(), nowNs, 1, record.serializedValueSize());
                records.incrementAndGet();
            }
        }
    }

    private static void count(ConsumerRecords<byte[], byte[]> polled, Probe probe) {
        long bytes = 0;
        for (ConsumerRecord<byte[], byte[]> record : polled) {
            bytes += Math.max(0, record.serializedKeySize()) + record.serializedValueSize();
        }
        if (bytes > 0) {
            probe.counted(polled.count(), bytes);
        }
    }

    private void rewindAtEnds(KafkaConsumer<byte[], byte[]> consumer) {
        for (TopicPartition partition : partitions) {
            if (consumer.currentLag(partition).orElse(1) == 0) {
                consumer.seekToBeginning(List.of(partition));
            }
        }
    }

    /** Records with a stamp that were read since the start. */
    public long records() {
        return records.get();
    }

    @Override
    public Optional<String> failure() {
        return failures.first();
    }

    @Override
    public void close() {
        workers.forEach(Worker::stop);
        workers.forEach(Worker::join);
    }
}
