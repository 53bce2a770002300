package io.millrace.perf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * End-to-end latency at a fixed rate. Record <i>n</i> is due at start + n / rate, whatever became of the ones before it, and its
 * latency counts from that intended time to the consumer's hands: a server that stalls does not slow the clock that judges it.
 *
 * <p>The calling thread produces; one thread of its own consumes and alone writes the histogram, which is read after it has ended.
 * Latencies of the warm-up are thrown away.
 */
final class OpenLoop {
    private static final long HIGHEST_NS = TimeUnit.SECONDS.toNanos(60);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final long END_BOUND_NS = TimeUnit.SECONDS.toNanos(60);
    /** Shorter waits are spun through: a parked thread comes back some 50 µs late. */
    private static final long PARK_NS = 200_000;

    private final String bootstrap;
    private final TopicPartition partition;
    private final long intervalNs;
    private final long warmUpRecords;
    private final long records;
    private final Histogram latencies = new Histogram(HIGHEST_NS, 3);
    private final AtomicLong received = new AtomicLong();
    private final AtomicBoolean running = new AtomicBoolean(true);
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    private OpenLoop(String bootstrap, String topic, int ratePerSecond, Duration measured) {
        this.bootstrap = bootstrap;
        this.partition = new TopicPartition(topic, 0);
        this.intervalNs = TimeUnit.SECONDS.toNanos(1) / ratePerSecond;
        this.warmUpRecords = ratePerSecond * measured.toMillis() / 4_000;
        this.records = warmUpRecords + ratePerSecond * measured.toMillis() / 1_000;
    }

    /** Runs the load against an existing topic and returns the latencies in nanoseconds. */
    static Histogram run(String bootstrap, String topic, int ratePerSecond, Duration measured)
            throws IOException, InterruptedException {
        return new OpenLoop(bootstrap, topic, ratePerSecond, measured).run();
    }

    private Histogram run() throws IOException, InterruptedException {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap);
        try (KafkaConsumer<byte[], byte[]> consumer =
                        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
                KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                        Map.of("bootstrap.servers", bootstrap, "linger.ms", "0"),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToEnd(List.of(partition));
            consumer.position(partition);
            Thread reader = new Thread(() -> consume(consumer), "open-loop-consumer");
            reader.start();
            produce(producer);
            awaitAll();
            running.set(false);
            reader.join();
        }
        return latencies;
    }

    private void produce(KafkaProducer<byte[], byte[]> producer) {
        long dueNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
        for (long n = 0; n < records && failure.get() == null; n++) {
            awaitTime(dueNs);
            byte[] value = new byte[Load.RECORD_BYTES];
            ByteBuffer.wrap(value).putLong(n).putLong(dueNs);
            var unused = producer.send(new ProducerRecord<>(partition.topic(), 0, null, value), (metadata, refused) -> {
                if (refused != null) {
                    failure.compareAndSet(null, refused);
                }
            });
            dueNs += intervalNs;
        }
    }

    private static void awaitTime(long dueNs) {
        long leftNs = dueNs - System.nanoTime();
        while (leftNs > 0) {
            if (leftNs > PARK_NS) {
                LockSupport.parkNanos(leftNs - PARK_NS / 2);
            } else {
                Thread.onSpinWait();
            }
            leftNs = dueNs - System.nanoTime();
        }
    }

    private void consume(KafkaConsumer<byte[], byte[]> consumer) {
        try {
            while (running.get()) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    take(record);
                }
            }
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        ByteBuffer value = ByteBuffer.wrap(record.value());
        long n = value.getLong();
        long latencyNs = System.nanoTime() - value.getLong();
        if (n != received.getAndIncrement()) {
            throw new IllegalStateException("record " + n + " came out of its turn");
        }
        if (n >= warmUpRecords) {
            latencies.recordValue(Math.min(latencyNs, HIGHEST_NS));
        }
    }

    private void awaitAll() throws IOException {
        long deadlineNs = System.nanoTime() + END_BOUND_NS;
        while (received.get() < records) {
            Exception cause = failure.get();
            if (cause != null || System.nanoTime() > deadlineNs) {
                running.set(false);
                throw new IOException("open loop: " + received.get() + " of " + records + " records came back", cause);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }
}
