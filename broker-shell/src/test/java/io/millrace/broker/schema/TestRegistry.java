package io.millrace.broker.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.broker.net.EventLoops;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.PartitionState;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** A registry over a real log directory and a real socket; its topic is made by the first write. Node id 1. */
final class TestRegistry implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    private static final Uuid TOPIC_ID = new Uuid(7, 7);

    private final LogRuntime runtime = LogRuntime.start();
    private final LogDirectory directory;
    private final PartitionRegistry partitions;
    private final EventLoops loops = EventLoops.start(1);
    private final RegistryService service;
    private final HttpClient http = HttpClient.newHttpClient();

    /** What came back. */
    record Answer(int status, JsonNode body) {
        int code() {
            return body.path("error_code").asInt();
        }

        int id() {
            return body.path("id").asInt();
        }

        String message() {
            return body.path("message").asText();
        }
    }

    TestRegistry(Path dataDirectory) throws IOException {
        directory =
                LogDirectory.open(dataDirectory, runtime, topic -> TopicSettings.DEFAULTS.log(), 1, LogListener.NONE);
        partitions = new PartitionRegistry(1, List.of(directory), topic -> TopicSettings.DEFAULTS);
        if (directory.log(RegistryService.TOPIC, 0) != null) {
            lead();
        }
        service = RegistryService.bind(
                new RegistryService.Surroundings(this::partition, () -> partition() != null, this::lead, "cluster"),
                "127.0.0.1",
                0,
                loops);
        service.open();
    }

    Partition partition() {
        return partitions.get(RegistryService.TOPIC, 0);
    }

    RegistryService service() {
        return service;
    }

    void lead() {
        partitions.becomeLeader(
                new PartitionState(RegistryService.TOPIC, TOPIC_ID, 0, 1, 1, 1, List.of(1), List.of(1)));
    }

    /** A record of somebody else in the topic. */
    void append(String key, String value) {
        if (partition() == null) {
            lead();
        }
        SimpleRecord foreign = new SimpleRecord(
                1, key.getBytes(StandardCharsets.UTF_8), value == null ? null : value.getBytes(StandardCharsets.UTF_8));
        partition()
                .append(
                        MemoryRecords.withRecords(Compression.NONE, foreign).buffer(),
                        AppendOrigin.COORDINATOR,
                        new AppendResult());
    }

    Answer get(String path) {
        return send("GET", path, null);
    }

    Answer delete(String path) {
        return send("DELETE", path, null);
    }

    Answer post(String path, String body) {
        return send("POST", path, body);
    }

    Answer put(String path, String body) {
        return send("PUT", path, body);
    }

    Answer register(String subject, String schema) {
        return post("/subjects/" + subject + "/versions", avro(schema));
    }

    /** The body for an Avro schema. */
    static String avro(String schema) {
        return JSON.createObjectNode().put("schema", schema).toString();
    }

    static String body(String type, String schema) {
        return object(type, schema).toString();
    }

    static ObjectNode object(String type, String schema) {
        return JSON.createObjectNode().put("schemaType", type).put("schema", schema);
    }

    Answer send(String method, String path, String body) {
        return send(method, path, body, "application/vnd.schemaregistry.v1+json");
    }

    Answer send(String method, String path, String body, String mediaType) {
        HttpRequest.BodyPublisher content =
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.boundPort() + path))
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", mediaType)
                .method(method, content)
                .build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), JSON.readTree(response.body()));
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(method + " " + path, e);
        }
    }

    /** What a body of so many blanks is answered with, where the server reads it to its end or not. */
    int statusOfBody(String path, int bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.boundPort())) {
            socket.getOutputStream()
                    .write(("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + bytes + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            String line = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
            return Integer.parseInt(line.split(" ", 3)[1]);
        }
    }

    @Override
    public void close() {
        service.close();
        partitions.close();
        directory.close();
        loops.close();
        runtime.close();
    }
}
