package io.millrace.perf.cluster;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** The producer of {@code kafka-clients} with acks=all: as much as possible, or at a rate with latencies from the intended time. Stateless. */
final class ReplicatedLoad {
    private static final long LATENCY_NS_MAX = TimeUnit.SECONDS.toNanos(60);
    private static final int DIGITS = 3;

    private ReplicatedLoad() {}

    private static KafkaProducer<byte[], byte[]> producer(String bootstrap, int lingerMs, int batchBytes) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrap,
                "acks", "all",
                "linger.ms", Integer.toString(lingerMs),
                "batch.size", Integer.toString(batchBytes),
                "buffer.memory", Integer.toString(64 << 20));
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static byte[] value(int bytes) {
        byte[] value = new byte[bytes];
        new Random(1).nextBytes(value);
        return value;
    }

    /** Writes so many bytes of values; returns the seconds until the last one was acknowledged. */
    static double write(String bootstrap, String topic, int recordBytes, long totalBytes) {
        byte[] value = value(recordBytes);
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        long startNs = System.nanoTime();
        try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap, 5, 64 << 10)) {
            for (long sent = 0; sent < totalBytes; sent += recordBytes) {
                var unused = producer.send(new ProducerRecord<>(topic, value), (metadata, failed) -> {
                    if (failed != null) {
                        failure.compareAndSet(null, failed);
                    }
                });
            }
        }
        Exception failed = failure.get();
        if (failed != null) {
            throw new IllegalStateException("a record was not acknowledged", failed);
        }
        return (System.nanoTime() - startNs) / 1e9;
    }

    /** Sends at a rate for a while; percentiles in milliseconds, the first third left out as warm-up. */
    static Map<String, Object> atRate(String bootstrap, String topic, int recordBytes, int perSecond, int seconds) {
        byte[] value = value(recordBytes);
        Histogram latencies = new ConcurrentHistogram(LATENCY_NS_MAX, DIGITS);
        AtomicLong failed = new AtomicLong();
        long intervalNs = TimeUnit.SECONDS.toNanos(1) / perSecond;
        long startNs = System.nanoTime();
        long measuredNs = startNs + TimeUnit.SECONDS.toNanos(seconds) / 3;
        long endNs = startNs + TimeUnit.SECONDS.toNanos(seconds);
        try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap, 0, 16 << 10)) {
            for (long dueNs = startNs; dueNs - endNs < 0; dueNs += intervalNs) {
                while (dueNs - System.nanoTime() > 0) {
                    LockSupport.parkNanos(dueNs - System.nanoTime());
                }
                long intendedNs = dueNs;
                var unused = producer.send(new ProducerRecord<>(topic, value), (metadata, failure) -> {
                    if (failure != null) {
                        failed.incrementAndGet();
                    } else if (intendedNs - measuredNs >= 0) {
                        latencies.recordValue(Math.min(LATENCY_NS_MAX, System.nanoTime() - intendedNs));
                    }
                });
            }
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("perSecond", perSecond);
        json.put("records", latencies.getTotalCount());
        json.put("failed", failed.get());
        json.put("p50ms", latencies.getValueAtPercentile(50) / 1e6);
        json.put("p99ms", latencies.getValueAtPercentile(99) / 1e6);
        json.put("p99.9ms", latencies.getValueAtPercentile(99.9) / 1e6);
        json.put("worstMs", latencies.getMaxValue() / 1e6);
        return json;
    }
}
