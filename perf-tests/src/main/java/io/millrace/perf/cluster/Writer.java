package io.millrace.perf.cluster;

import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends numbered records to all partitions in turn, at a rate, with acks=all and idempotence, until it is stopped. One thread of its own. */
final class Writer implements AutoCloseable {
    private static final int UNDER_WAY_MAX = 2_000;

    private final Ledger ledger;
    private final String topic;
    private final long intervalNs;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Semaphore underWay = new Semaphore(UNDER_WAY_MAX);
    private final Thread thread = new Thread(this::run, "writer");
    private volatile boolean stopped;
    private final AtomicLong failed = new AtomicLong();

    private Writer(String bootstrap, String topic, Ledger ledger, int recordsPerSecond) {
        this.ledger = ledger;
        this.topic = topic;
        this.intervalNs = TimeUnit.SECONDS.toNanos(1) / recordsPerSecond;
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrap,
                "acks", "all",
                "enable.idempotence", "true",
                "linger.ms", "2",
                "retry.backoff.ms", "20",
                "retry.backoff.max.ms", "100",
                "reconnect.backoff.ms", "20",
                "request.timeout.ms", "5000",
                "delivery.timeout.ms", "600000");
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    static Writer start(String bootstrap, String topic, Ledger ledger, int recordsPerSecond) {
        Writer writer = new Writer(bootstrap, topic, ledger, recordsPerSecond);
        writer.thread.start();
        return writer;
    }

    private void run() {
        long dueNs = System.nanoTime();
        int partition = 0;
        while (!stopped) {
            underWay.acquireUninterruptibly();
            send(partition);
            partition = (partition + 1) % ledger.partitions();
            dueNs = Math.max(dueNs + intervalNs, System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(100));
            LockSupport.parkNanos(dueNs - System.nanoTime());
        }
    }

    private void send(int partition) {
        long number = ledger.next(partition);
        var unused = producer.send(
                new ProducerRecord<>(topic, partition, null, ledger.value(partition, number)), (metadata, failure) -> {
                    if (failure == null) {
                        ledger.acknowledge(partition, number, metadata.offset());
                    } else {
                        failed.incrementAndGet();
                    }
                    underWay.release();
                });
    }

    /** Records that were given up: whether they are there is open. */
    long failed() {
        return failed.get();
    }

    /** Sends no more, and waits for what is under way. */
    @Override
    public void close() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close();
    }
}
