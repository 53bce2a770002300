package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.ExternalClient;
import io.millrace.broker.it.support.KafkaTool;
import io.millrace.broker.it.support.LogLines;
import io.millrace.broker.it.support.TestFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The schema registry of a running broker: real records that evolve, clients of others, and SIGKILL among registrations. */
final class SchemaRegistryIT {
    private static final Duration BOUND = Duration.ofSeconds(90);
    private static final int PORT = BrokerProcess.freePort();
    private static final String URL = "http://127.0.0.1:" + PORT;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @RegisterExtension
    static final BrokerUnderTest BROKER = BrokerUnderTest.with("schema.registry.listeners", URL);

    private record Answer(int status, JsonNode body) {}

    private static Answer send(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(URL + path))
                .timeout(Duration.ofSeconds(20))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        return new Answer(response.statusCode(), JSON.readTree(response.body()));
    }

    private static Answer register(String subject, Schema schema) throws IOException, InterruptedException {
        String body = JSON.createObjectNode().put("schema", schema.toString()).toString();
        return send("POST", "/subjects/" + subject + "/versions", body);
    }

    // Records that evolve

    /** The lines of the system logs as records: first file and text, then a number with a default, then an optional length. */
    @Test
    void logLinesEvolveThroughThreeVersions() throws Exception {
        List<LogLines.Line> lines = LogLines.all();
        Schema first = line("");
        Schema second = line(",{\"name\":\"number\",\"type\":\"int\",\"default\":-1}");
        Schema broken = line(",{\"name\":\"number\",\"type\":\"string\"}");
        Schema third = line(",{\"name\":\"number\",\"type\":\"long\",\"default\":-1},"
                + "{\"name\":\"length\",\"type\":[\"null\",\"int\"],\"default\":null}");
        try (Admin admin = Clients.admin(BROKER.bootstrap())) {
            Clients.createTopic(admin, "lines", 1, Map.of());
        }
        List<LogLines.Line> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(BROKER.bootstrap(), Map.of())) {
            send(producer, first, lines.subList(0, 2000), sent);
            send(producer, second, lines.subList(2000, 4000), sent);
            Answer refused = register("lines-value", broken);
            assertEquals(409, refused.status());
            assertTrue(
                    refused.body().path("message").asText().contains("/fields/2/type"),
                    refused.body().toString());
            send(producer, third, lines.subList(4000, lines.size()), sent);
        }
        assertEquals(
                "[1,2,3]",
                send("GET", "/subjects/lines-value/versions", null).body().toString());
        List<ConsumerRecord<byte[], byte[]>> records = Clients.records(BROKER.bootstrap(), "lines", Map.of());
        assertEquals(lines.size(), records.size());
        Map<Integer, Schema> byId = new HashMap<>();
        for (int i = 0; i < records.size(); i++) {
            GenericRecord record = read(records.get(i).value(), third, byId);
            assertEquals(sent.get(i).text(), record.get("text").toString());
            assertEquals(i < 2000 ? -1L : sent.get(i).number(), record.get("number"));
            assertEquals(i < 4000 ? null : sent.get(i).text().length(), record.get("length"));
        }
        assertEquals(3, byId.size());
    }

    private static Schema line(String more) {
        return new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"Line\",\"fields\":[{\"name\":\"file\",\"type\":\"string\"},"
                        + "{\"name\":\"text\",\"type\":\"string\"}" + more + "]}");
    }

    private static void send(
            KafkaProducer<byte[], byte[]> producer, Schema schema, List<LogLines.Line> lines, List<LogLines.Line> sent)
            throws Exception {
        int id = register("lines-value", schema).body().path("id").asInt();
        for (LogLines.Line line : lines) {
            var unused = producer.send(new ProducerRecord<>("lines", encoded(id, schema, line)));
            sent.add(line);
        }
        producer.flush();
    }

    /** As all of Confluent's serializers: a zero, the id, the record. */
    private static byte[] encoded(int id, Schema schema, LogLines.Line line) throws IOException {
        GenericData.Record record = new GenericData.Record(schema);
        record.put("file", line.file());
        record.put("text", line.text());
        if (schema.getField("number") != null) {
            boolean wide = schema.getField("number").schema().getType() == Schema.Type.LONG;
            record.put("number", wide ? (Object) (long) line.number() : (Object) line.number());
        }
        if (schema.getField("length") != null) {
            record.put("length", line.text().length());
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
        var encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
        encoder.flush();
        return bytes.toByteArray();
    }

    private static GenericRecord read(byte[] value, Schema reader, Map<Integer, Schema> byId) throws Exception {
        ByteBuffer head = ByteBuffer.wrap(value);
        assertEquals(0, head.get());
        int id = head.getInt();
        if (!byId.containsKey(id)) {
            Answer found = send("GET", "/schemas/ids/" + id, null);
            byId.put(id, new Schema.Parser().parse(found.body().path("schema").asText()));
        }
        return new GenericDatumReader<GenericRecord>(byId.get(id), reader)
                .read(null, DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null));
    }

    // Clients of others

    @Test
    void confluentsJavaScriptClientAndSerializers() {
        ExternalClient.assumeNodeModule("@confluentinc/schemaregistry");
        runScript("registry_confluent.js");
    }

    @Test
    void kafkajsSchemaRegistry() {
        ExternalClient.assumeNodeModule("@kafkajs/confluent-schema-registry");
        runScript("registry_kafkajs.js");
    }

    private static void runScript(String script) {
        KafkaTool.Result result = ExternalClient.run(
                List.of("node", TestFiles.resource("clients/" + script).toString(), URL));
        assertEquals(0, result.exitCode(), result.output());
    }

    // SIGKILL

    /** Clients register without pause while the broker is killed twice: what was answered is there, and no id has two schemas. */
    @Test
    void noIdIsLostOrGivenTwiceOverSigkill() throws Exception {
        ConcurrentHashMap<String, Integer> answered = new ConcurrentHashMap<>();
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int client = i;
                running.add(clients.submit(() -> registerOn(client, answered, stop)));
            }
            for (int kill = 0; kill < 2; kill++) {
                int before = answered.size();
                Await.until("registrations", BOUND, answered::size, () -> answered.size() > before + 150);
                BROKER.process().kill();
                BROKER.process().start();
            }
            int before = answered.size();
            Await.until("registrations", BOUND, answered::size, () -> answered.size() > before + 50);
            stop.set(true);
            for (Future<?> each : running) {
                Clients.get(each);
            }
        } finally {
            stop.set(true);
            clients.shutdownNow();
        }
        assertEquals(answered.size(), new HashSet<>(answered.values()).size(), "an id was given twice");
        for (Map.Entry<String, Integer> each : answered.entrySet()) {
            Answer found = send("GET", "/schemas/ids/" + each.getValue(), null);
            assertEquals(
                    fixed(each.getKey()).toString(), found.body().path("schema").asText());
        }
    }

    private static void registerOn(int client, Map<String, Integer> answered, AtomicBoolean stop) {
        for (int i = 0; !stop.get(); i++) {
            String name = "K" + client + "_" + i;
            try {
                Answer answer = register("killed-" + name, fixed(name));
                if (answer.status() == 200) {
                    answered.put(name, answer.body().path("id").asInt());
                }
            } catch (IOException down) {
                Thread.onSpinWait(); // killed; the next one finds it again
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static Schema fixed(String name) {
        return Schema.createFixed(name, null, null, 4);
    }
}
