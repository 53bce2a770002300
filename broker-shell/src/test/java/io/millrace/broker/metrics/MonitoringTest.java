package io.millrace.broker.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.embedded.EmbeddedBroker;
import io.millrace.broker.kraft.StartRefusal;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MonitoringTest {
    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void whatWentInAndOutIsCounted() throws Exception {
        try (EmbeddedBroker broker = start()) {
            broker.createTopic("orders", 1);
            produce(broker, "orders", 7, 100);
            consume(broker, "orders", 7);
            String text = get(broker, "/metrics").body();
            assertEquals(7, value(text, "kafka_server_brokertopicmetrics_messagesin_total{topic=\"orders\"}"));
            double in = value(text, "kafka_server_brokertopicmetrics_bytesin_total{topic=\"orders\"}");
            assertTrue(in > 700, text);
            assertEquals(in, value(text, "kafka_server_brokertopicmetrics_bytesout_total{topic=\"orders\"}"));
            assertEquals(7, value(text, "kafka_log_log_logendoffset{partition=\"0\",topic=\"orders\"}"));
            assertEquals(in, value(text, "kafka_log_log_size{partition=\"0\",topic=\"orders\"}"));
            assertEquals(0, value(text, "kafka_server_replicamanager_underreplicatedpartitions"));
            assertEquals(1, value(text, "kafka_controller_kafkacontroller_activecontrollercount"));
            assertTrue(value(text, "millrace_request_stage_seconds_count{stage=\"produce\"}") >= 1, text);
            assertTrue(value(text, "jvm_memory_heap_used_bytes") > 0, text);
        }
    }

    @Test
    void theFormIsPrometheusText() throws Exception {
        try (EmbeddedBroker broker = start()) {
            HttpResponse<String> answer = get(broker, "/metrics");
            assertEquals(
                    "text/plain; version=0.0.4; charset=utf-8",
                    answer.headers().firstValue("content-type").orElse(""));
            for (String line : answer.body().lines().toList()) {
                assertTrue(
                        line.matches("# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .*")
                                || line.matches("[a-zA-Z_:][a-zA-Z0-9_:]*(\\{.*})? [-+0-9.eEINaNnf]+"),
                        line);
            }
        }
    }

    @Test
    void healthAndReadinessAreAnswered() throws Exception {
        try (EmbeddedBroker broker = start()) {
            assertEquals(200, get(broker, "/healthz").statusCode());
            assertEquals(200, get(broker, "/readyz").statusCode());
            assertEquals(404, get(broker, "/other").statusCode());
            URI metrics = URI.create(broker.metricsUrl().orElseThrow() + "/metrics");
            HttpRequest post = HttpRequest.newBuilder(metrics)
                    .POST(HttpRequest.BodyPublishers.ofString("x"))
                    .build();
            assertEquals(
                    405, http.send(post, HttpResponse.BodyHandlers.ofString()).statusCode());
            broker.stop();
            assertThrows(ConnectException.class, () -> get(broker, "/healthz"));
        }
    }

    @Test
    void withoutTheSettingThereIsNoPort() {
        try (EmbeddedBroker broker = EmbeddedBroker.start()) {
            assertFalse(broker.metricsUrl().isPresent());
        }
    }

    @Test
    void aPortThatIsTakenIsRefused() {
        try (EmbeddedBroker broker = start()) {
            String taken = broker.metricsUrl().orElseThrow();
            var refused = assertThrows(
                    StartRefusal.class,
                    () -> EmbeddedBroker.builder()
                            .setting("millrace.metrics.listeners", taken)
                            .start());
            assertTrue(String.valueOf(refused.getMessage()).startsWith("metrics: cannot bind"), refused::getMessage);
        }
    }

    private static EmbeddedBroker start() {
        return EmbeddedBroker.builder()
                .setting("millrace.metrics.listeners", "http://127.0.0.1:0")
                .start();
    }

    private HttpResponse<String> get(EmbeddedBroker broker, String path) throws IOException, InterruptedException {
        URI uri = URI.create(broker.metricsUrl().orElseThrow() + path);
        return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static double value(String text, String series) {
        return text.lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + series + " in\n" + text));
    }

    private static void produce(EmbeddedBroker broker, String topic, int count, int bytes) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int i = 0; i < count; i++) {
                producer.send(new ProducerRecord<>(topic, 0, null, new byte[bytes]))
                        .get();
            }
        }
    }

    private static void consume(EmbeddedBroker broker, String topic, int count) {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", broker.bootstrapServers(), "auto.offset.reset", "earliest");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            int read = 0;
            while (read < count) {
                read += consumer.poll(Duration.ofMillis(200)).count();
            }
        }
    }
}
