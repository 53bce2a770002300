package io.millrace.broker.it.support;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The Java client, set up as the tests need it: bytes in, bytes out. Stateless; what it returns belongs to the caller. */
public final class Clients {
    private static final Duration READ_BOUND = Duration.ofSeconds(60);

    /** Kept, or the level would go with the logger: what a client logs while its broker restarts hides what matters. */
    private static final Logger CLIENT_LOG = Logger.getLogger("org.apache.kafka");

    static {
        CLIENT_LOG.setLevel(Level.SEVERE);
    }

    private Clients() {}

    public static KafkaProducer<byte[], byte[]> producer(String bootstrap, Map<String, ?> settings) {
        Map<String, Object> map = new HashMap<>(Map.of("bootstrap.servers", bootstrap));
        map.putAll(settings);
        return new KafkaProducer<>(map, new ByteArraySerializer(), new ByteArraySerializer());
    }

    public static KafkaConsumer<byte[], byte[]> consumer(String bootstrap, Map<String, ?> settings) {
        Map<String, Object> map = new HashMap<>(
                Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest", "enable.auto.commit", "false"));
        map.putAll(settings);
        return new KafkaConsumer<>(map, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    public static Admin admin(String bootstrap) {
        return admin(bootstrap, Map.of("default.api.timeout.ms", "30000"));
    }

    public static Admin admin(String bootstrap, Map<String, ?> settings) {
        Map<String, Object> map = new HashMap<>(Map.of("bootstrap.servers", bootstrap));
        map.putAll(settings);
        return Admin.create(map);
    }

    /** Creates a topic of one replica and waits until every partition has a leader. */
    public static void createTopic(Admin admin, String topic, int partitions, Map<String, String> configs) {
        get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(configs)))
                .all());
        awaitLeaders(admin, topic, partitions);
    }

    /**
     * Waits until the leader of each partition answers as such. That metadata names a leader is not enough with Apache Kafka:
     * it shows a new leader a moment before that leader takes records, and a pipelining idempotent producer does not forgive.
     */
    public static void awaitLeaders(Admin admin, String topic, int partitions) {
        awaitLeaders(admin, partitions(topic, partitions).toArray(TopicPartition[]::new));
    }

    public static void awaitLeaders(Admin admin, TopicPartition... partitions) {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        for (TopicPartition partition : partitions) {
            latest.put(partition, OffsetSpec.latest());
        }
        Await.until("leaders of " + latest.keySet(), Duration.ofSeconds(30), () -> {
            admin.listOffsets(latest).all().get(10, TimeUnit.SECONDS);
            return true;
        });
    }

    public static ProducerRecord<byte[], byte[]> record(String topic, LogLines.Line line) {
        return new ProducerRecord<>(topic, bytes(line.key()), bytes(line.text()));
    }

    /** Sends every line in order and waits for every acknowledgement. */
    public static void produce(KafkaProducer<byte[], byte[]> producer, String topic, Collection<LogLines.Line> lines) {
        List<Future<RecordMetadata>> acknowledgements = new ArrayList<>(lines.size());
        lines.forEach(line -> acknowledgements.add(producer.send(record(topic, line))));
        producer.flush();
        acknowledgements.forEach(Clients::get);
    }

    /** Every record of the topic from the log start to the end as it is at the call, read without a group. */
    public static List<Received> readAll(String bootstrap, String topic) {
        return records(bootstrap, topic, Map.of()).stream().map(Received::of).collect(Collectors.toList());
    }

    public static List<ConsumerRecord<byte[], byte[]>> records(
            String bootstrap, String topic, Map<String, ?> settings) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(bootstrap, settings)) {
            Set<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .collect(Collectors.toSet());
            return records(consumer, partitions);
        }
    }

    /** Reads the partitions from their beginning to their end as it is now. */
    public static List<ConsumerRecord<byte[], byte[]>> records(
            KafkaConsumer<byte[], byte[]> consumer, Set<TopicPartition> partitions) {
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        Await.until("the end of " + partitions, READ_BOUND, () -> records.size() + " records of " + ends, () -> {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
        });
        return records;
    }

    public static Set<TopicPartition> partitions(String topic, int count) {
        return IntStream.range(0, count)
                .mapToObj(p -> new TopicPartition(topic, p))
                .collect(Collectors.toSet());
    }

    public static <T> T get(Future<T> future) {
        return tryGet(future).orElseThrow(e -> new IllegalStateException(e.getMessage(), e));
    }

    /** The cause of a future that is expected to fail. */
    public static Throwable failure(Future<?> future) {
        return tryGet(future).failure().orElseThrow(() -> new AssertionError("succeeded, but was expected to fail"));
    }

    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private record Outcome<T>(T value, Optional<Throwable> failure) {
        <X extends RuntimeException> T orElseThrow(java.util.function.Function<Throwable, X> wrap) {
            if (failure.isPresent()) {
                throw wrap.apply(failure.get());
            }
            return value;
        }
    }

    private static <T> Outcome<T> tryGet(Future<T> future) {
        try {
            return new Outcome<>(future.get(60, TimeUnit.SECONDS), Optional.empty());
        } catch (ExecutionException e) {
            return new Outcome<>(null, Optional.of(e.getCause()));
        } catch (Exception e) {
            return new Outcome<>(null, Optional.of(e));
        }
    }
}
