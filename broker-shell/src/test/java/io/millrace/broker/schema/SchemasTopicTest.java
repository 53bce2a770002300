package io.millrace.broker.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.LogSlice;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in {@code _schemas}, byte for byte, and what becomes of what others have written there. */
class SchemasTopicTest {
    @TempDir
    Path directory;

    private static List<String> records(TestRegistry registry) {
        List<String> lines = new ArrayList<>();
        var log = registry.partition().log();
        try (LogSlice slice = log.read(log.logStartOffset(), 1 << 20, log.logEndOffset(), true)) {
            ByteBuffer bytes = ByteBuffer.allocate(slice.length());
            slice.copyTo(bytes);
            MemoryRecords.readableRecords(bytes.flip())
                    .records()
                    .forEach(each -> lines.add(StandardCharsets.UTF_8.decode(each.key()) + " "
                            + (each.hasValue() ? StandardCharsets.UTF_8.decode(each.value()) : "null")));
        }
        return lines;
    }

    @Test
    void theRecordsAreConfluents() throws Exception {
        try (TestRegistry registry = new TestRegistry(directory)) {
            registry.register("a", "\"string\"");
            registry.post("/subjects/j/versions", TestRegistry.body("JSON", "{}"));
            registry.put("/config", "{\"compatibility\":\"FULL\"}");
            registry.put("/mode/a", "{\"mode\":\"READWRITE\"}");
            registry.delete("/subjects/j");
            registry.delete("/subjects/j?permanent=true");
            assertEquals(
                    List.of(
                            "{\"keytype\":\"SCHEMA\",\"subject\":\"a\",\"version\":1,\"magic\":1}"
                                    + " {\"subject\":\"a\",\"version\":1,\"id\":1,\"schema\":\"\\\"string\\\"\",\"deleted\":false}",
                            "{\"keytype\":\"SCHEMA\",\"subject\":\"j\",\"version\":1,\"magic\":1}"
                                    + " {\"subject\":\"j\",\"version\":1,\"id\":2,\"schemaType\":\"JSON\",\"schema\":\"{}\",\"deleted\":false}",
                            "{\"keytype\":\"CONFIG\",\"subject\":null,\"magic\":0} {\"compatibilityLevel\":\"FULL\"}",
                            "{\"keytype\":\"MODE\",\"subject\":\"a\",\"magic\":0} {\"mode\":\"READWRITE\"}",
                            "{\"keytype\":\"DELETE_SUBJECT\",\"subject\":\"j\",\"magic\":0} {\"subject\":\"j\",\"version\":1}",
                            "{\"keytype\":\"NOOP\",\"magic\":0} {\"ids\":{\".\":2}}",
                            "{\"keytype\":\"SCHEMA\",\"subject\":\"j\",\"version\":1,\"magic\":1} null"),
                    records(registry));
        }
    }

    @Test
    void idsAndSettingsOutliveARestart() throws Exception {
        try (TestRegistry registry = new TestRegistry(directory)) {
            registry.put("/config", "{\"compatibility\":\"NONE\"}");
            assertEquals(1, registry.register("a", "\"string\"").id());
            assertEquals(2, registry.register("a", "\"int\"").id());
            registry.delete("/subjects/a/versions/2");
            registry.delete("/subjects/a/versions/2?permanent=true");
        }
        try (TestRegistry registry = new TestRegistry(directory)) {
            assertEquals(
                    "NONE",
                    registry.get("/config").body().path("compatibilityLevel").asText());
            assertEquals(1, registry.register("b", "\"string\"").id());
            assertEquals(3, registry.register("b", "\"long\"").id());
            assertEquals("[1]", registry.get("/subjects/a/versions").body().toString());
        }
    }

    @Test
    void whatAnotherRegistryWroteIsTakenOver() throws Exception {
        try (TestRegistry registry = new TestRegistry(directory)) {
            registry.append("{\"keytype\":\"NOOP\",\"magic\":0}", null);
            registry.append(
                    "{\"keytype\":\"SCHEMA\",\"subject\":\"old\",\"version\":4,\"magic\":1}",
                    "{\"subject\":\"old\",\"version\":4,\"id\":100021,\"md5\":\"x\",\"schema\":\"\\\"bytes\\\"\",\"deleted\":false}");
            registry.append(
                    "{\"keytype\":\"SCHEMA\",\"subject\":\"zero\",\"version\":1,\"magic\":0}",
                    "{\"subject\":\"zero\",\"version\":1,\"id\":5,\"schema\":\"\\\"int\\\"\"}");
            assertEquals(100021, registry.get("/subjects/old/versions/latest").id());
            assertEquals(5, registry.get("/subjects/zero/versions/1").id());
            assertEquals(100022, registry.register("new", "\"long\"").id());
        }
    }

    @Test
    void unreadableRecordsArePassedOver() throws Exception {
        try (TestRegistry registry = new TestRegistry(directory)) {
            registry.register("a", "\"string\"");
            registry.append("no json", "{}");
            registry.append("{\"keytype\":\"WONDER\",\"magic\":0}", "{}");
            registry.append("{\"keytype\":\"SCHEMA\",\"subject\":\"b\",\"version\":1,\"magic\":9}", "{}");
            registry.append("{\"keytype\":\"SCHEMA\",\"subject\":\"b\",\"version\":1,\"magic\":1}", "{\"id\":");
            registry.append("{\"keytype\":\"SCHEMA\",\"subject\":\"b\",\"version\":1,\"magic\":1}", "{\"id\":\"x\"}");
            registry.append("[".repeat(3000), "{}");
            assertEquals("[\"a\"]", registry.get("/subjects").body().toString());
            assertEquals(2, registry.register("a", "[\"string\",\"int\"]").id());
        }
    }

    @Test
    void referencesInACircleAreRefused() throws Exception {
        try (TestRegistry registry = new TestRegistry(directory)) {
            for (String[] pair : new String[][] {{"a", "b"}, {"b", "a"}}) {
                registry.append(
                        "{\"keytype\":\"SCHEMA\",\"subject\":\"" + pair[0] + "\",\"version\":1,\"magic\":1}",
                        "{\"subject\":\"" + pair[0] + "\",\"version\":1,\"id\":" + (pair[0].charAt(0) - 'a' + 1)
                                + ",\"references\":[{\"name\":\"" + pair[1] + "\",\"subject\":\"" + pair[1]
                                + "\",\"version\":1}],\"schema\":\"\\\"int\\\"\",\"deleted\":false}");
            }
            var body = TestRegistry.object("AVRO", "\"int\"");
            body.putArray("references")
                    .addObject()
                    .put("name", "a")
                    .put("subject", "a")
                    .put("version", 1);
            var refused = registry.post("/subjects/c/versions", body.toString());
            assertEquals(42201, refused.code());
            assertTrue(refused.message().contains("circle"), refused.message());
        }
    }

    @Test
    void whoRegistersAtOnceGetsOneId() throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(8);
        try (TestRegistry registry = new TestRegistry(directory)) {
            registry.register("first", "\"null\"");
            List<Future<Integer>> same = new ArrayList<>();
            List<Future<TestRegistry.Answer>> different = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                int number = i;
                same.add(clients.submit(() ->
                        registry.register("same" + number % 4, "\"bytes\"").id()));
                String schema = "{\"type\":\"fixed\",\"name\":\"F\",\"size\":" + (i + 1) + "}";
                different.add(clients.submit(() -> registry.register("different", schema)));
            }
            Set<Integer> ids = new HashSet<>();
            for (Future<Integer> each : same) {
                ids.add(each.get());
            }
            assertEquals(1, ids.size());
            int taken = 0;
            for (Future<TestRegistry.Answer> each : different) {
                taken += each.get().status() == 200 ? 1 : 0;
            }
            assertEquals(1, taken, "all but the first are incompatible with it");
        } finally {
            clients.shutdownNow();
        }
    }
}
