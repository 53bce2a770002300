package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.LineChecker;
import io.millrace.broker.it.support.LogLines;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The broker is killed with SIGKILL, twice, while a producer is at it, and started again. Nothing acknowledged is lost; for
 * the idempotent producer nothing is doubled either.
 */
final class KillIT {
    private static final int PARTITIONS = 3;
    private static final Duration BOUND = Duration.ofSeconds(90);

    /** Time for the retries to bridge a restart on a busy machine. */
    private static final String DELIVERY_MS = "120000";

    @RegisterExtension
    static final BrokerUnderTest BROKER = BrokerUnderTest.with("log.segment.bytes", "1048576");

    private static List<LogLines.Line> lines;

    @BeforeAll
    static void createTopics() {
        lines = LogLines.all();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "lz4"})
    void idempotentProducerLosesAndDoublesNothing(String codec) {
        String topic = "idempotent-" + codec;
        produceOverTwoKills(topic, Map.of("compression.type", codec, "delivery.timeout.ms", DELIVERY_MS));
        assertEquals(List.of(), LineChecker.once(lines).faults(Clients.readAll(BROKER.bootstrap(), topic)));
    }

    @Test
    void plainProducerLosesNothing() {
        Map<String, String> plain = Map.of(
                "enable.idempotence", "false",
                "acks", "1",
                "max.in.flight.requests.per.connection", "1",
                "delivery.timeout.ms", DELIVERY_MS);
        produceOverTwoKills("plain", plain);
        assertEquals(List.of(), LineChecker.atLeastOnce(lines).faults(Clients.readAll(BROKER.bootstrap(), "plain")));
    }

    private static void produceOverTwoKills(String topic, Map<String, String> settings) {
        try (Admin admin = Clients.admin(BROKER.bootstrap())) {
            Clients.createTopic(admin, topic, PARTITIONS, Map.of());
        }
        AtomicInteger acknowledged = new AtomicInteger();
        ExecutorService executor = Executors.newSingleThreadExecutor();
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(BROKER.bootstrap(), small(settings))) {
            Future<?> done = executor.submit(() -> produceSteadily(producer, topic, acknowledged));
            killAndStartAt(acknowledged, lines.size() / 4);
            killAndStartAt(acknowledged, lines.size() / 2);
            Clients.get(done);
        } finally {
            executor.shutdownNow();
        }
        assertEquals(lines.size(), acknowledged.get());
    }

    /** Small batches: many requests are in flight or half written at the kill. */
    private static Map<String, Object> small(Map<String, String> settings) {
        Map<String, Object> map = new HashMap<>(settings);
        map.put("batch.size", "2048");
        map.put("linger.ms", "1");
        map.put("retry.backoff.ms", "50");
        map.put("request.timeout.ms", "5000");
        return map;
    }

    /** Keeps at most a tenth of the lines unacknowledged, so that the kills meet a producer in the middle of its work. */
    private static void produceSteadily(
            KafkaProducer<byte[], byte[]> producer, String topic, AtomicInteger acknowledged) {
        List<Future<?>> acknowledgements = new ArrayList<>(lines.size());
        for (LogLines.Line line : lines) {
            int sent = acknowledgements.size();
            if (sent % 100 == 0) {
                Await.until("acknowledgements", BOUND, acknowledged::get, () -> acknowledged.get() > sent - 1_200);
            }
            acknowledgements.add(producer.send(Clients.record(topic, line), (metadata, failure) -> {
                if (failure == null) {
                    acknowledged.incrementAndGet();
                }
            }));
        }
        acknowledgements.forEach(Clients::get);
    }

    private static void killAndStartAt(AtomicInteger acknowledged, int count) {
        Await.until(count + " acknowledgements", BOUND, acknowledged::get, () -> acknowledged.get() >= count);
        BROKER.process().kill();
        BROKER.process().start();
    }
}
