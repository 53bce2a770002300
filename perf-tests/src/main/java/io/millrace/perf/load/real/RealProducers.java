package io.millrace.perf.load.real;

import io.millrace.perf.load.Failures;
import io.millrace.perf.load.Lane;
import io.millrace.perf.load.Load;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Pace;
import io.millrace.perf.load.Payload;
import io.millrace.perf.load.Probe;
import io.millrace.perf.load.Topic;
import io.millrace.perf.load.Worker;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's producers with their defaults but for what the load says. At a fixed rate latency counts from the time at which a record was
 * due; otherwise from the call of {@code send}, which waits when the producer's memory is full.
 */
public final class RealProducers implements Load {
    /** In the first bytes of a value that carries the time at which it was due. */
    static final long MARK = 0x4D494C4C52414345L;

    static final int STAMP_BYTES = 2 * Long.BYTES;

    private static final long WAIT_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int VALUES = 512;
    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final int IDEMPOTENT_IN_FLIGHT = 5;

    private final LoadSpec spec;
    private final Topic topic;
    private final Map<String, Object> settings;
    private final Failures failures = new Failures();
    private final List<Probe> probes = new ArrayList<>();
    private final List<KafkaProducer<byte[], byte[]>> producers = new ArrayList<>();
    private final List<Worker> workers = new ArrayList<>();
    private final AtomicLong acknowledged = new AtomicLong();

    /** Producers that count into a lane; settings are those of every client of the run. */
    public RealProducers(LoadSpec spec, Topic topic, Map<String, Object> settings, Lane lane) {
        this.spec = spec;
        this.topic = topic;
        this.settings = withLoad(settings, spec);
        for (int i = 0; i < spec.width().connections(); i++) {
            probes.add(lane.newProbe());
        }
    }

    private static Map<String, Object> withLoad(Map<String, Object> settings, LoadSpec spec) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("acks", spec.acks() == -1 ? "all" : Short.toString(spec.acks()));
        all.put("enable.idempotence", spec.acks() == -1);
        all.put("linger.ms", spec.timing().lingerMs());
        all.put("compression.type", spec.shape().compression().name);
        all.put(
                "max.in.flight.requests.per.connection",
                Math.min(IDEMPOTENT_IN_FLIGHT, spec.width().inFlight()));
        return all;
    }

    @Override
    public void start() throws LoadFailure {
        try {
            for (Probe probe : probes) {
                KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
                producers.add(producer);
                int number = workers.size();
                workers.add(new Worker(
                        "real-producer-" + number, failures, self -> produce(self, producer, probe, number)));
            }
        } catch (KafkaException e) {
            throw new LoadFailure("a producer cannot be made: " + LoadFailure.lineOf(e), e);
        }
        workers.forEach(Worker::start);
    }

    private void produce(Worker self, KafkaProducer<byte[], byte[]> producer, Probe probe, int number) {
        Payload payload = new Payload(number);
        byte[][] values = new byte[VALUES][];
        for (int i = 0; i < VALUES; i++) {
            values[i] = payload.next(spec.shape().recordBytes());
        }
        byte[] key =
                spec.shape().keyBytes() == 0 ? null : payload.next(spec.shape().keyBytes());
        Pace pace =
                new Pace(System.nanoTime(), (double) Math.max(1, spec.timing().ratePerSecond()) / probes.size());
        boolean open = spec.timing().openLoop();
        int partition = number % spec.width().partitions();
        for (long n = 0; self.running(); n++) {
            while (open && self.running() && !pace.await(WAIT_NS)) {
                // Not due yet.
            }
            long dueNs = open ? pace.nextNs() : System.nanoTime();
            pace.advance();
            byte[] value = stamped(values[(int) (n % VALUES)], dueNs);
            send(producer, probe, new ProducerRecord<>(topic.name(), partition, key, value), dueNs);
            partition = partition + 1 == spec.width().partitions() ? 0 : partition + 1;
        }
    }

    private static byte[] stamped(byte[] payload, long dueNs) {
        byte[] value = payload.clone();
        if (value.length >= STAMP_BYTES) {
            ByteBuffer.wrap(value).putLong(MARK).putLong(dueNs);
        }
        return value;
    }

    private void send(
            KafkaProducer<byte[], byte[]> producer, Probe probe, ProducerRecord<byte[], byte[]> record, long dueNs) {
        var unused = producer.send(record, (metadata, refused) -> {
            if (refused == null) {
                acknowledged.incrementAndGet();
                probe.answered(dueNs, System.nanoTime(), 1, spec.shape().payloadBytes());
            } else {
                failures.add("a record was not acknowledged: " + LoadFailure.lineOf(refused));
            }
        });
    }

    /** Records acknowledged since the start, warm-up included. */
    public long acknowledged() {
        return acknowledged.get();
    }

    @Override
    public Optional<String> failure() {
        return failures.first();
    }

    @Override
    public void close() {
        workers.forEach(Worker::stop);
        // A producer whose broker is gone gives up its records when it is closed; its thread may wait in send until
        // then.
        producers.forEach(producer -> producer.close(CLOSE));
        workers.forEach(Worker::join);
    }
}
