package io.millrace.broker.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.schema.TestRegistry.Answer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each family of endpoints, its answers and its codes, over HTTP. */
class RestApiTest {
    private static final String V1 = record("\"string\"");
    private static final String V2 =
            "{\"type\":\"record\",\"name\":\"Line\",\"fields\":[{\"name\":\"text\",\"type\":\"string\"},"
                    + "{\"name\":\"level\",\"type\":\"string\",\"default\":\"\"}]}";
    private static final String INCOMPATIBLE = record("\"int\"");

    @TempDir
    Path directory;

    private TestRegistry registry;

    @BeforeEach
    void start() throws Exception {
        registry = new TestRegistry(directory);
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private static String record(String type) {
        return "{\"type\":\"record\",\"name\":\"Line\",\"fields\":[{\"name\":\"text\",\"type\":" + type + "}]}";
    }

    private static void assertRefused(int status, int code, Answer answer) {
        assertEquals(status, answer.status(), answer.body().toString());
        assertEquals(code, answer.code(), answer.body().toString());
        assertFalse(answer.message().isBlank());
        assertFalse(answer.message().contains("Exception"), answer.message());
    }

    @Test
    void anEmptyRegistryAnswersAndMakesNoTopic() {
        assertEquals("{}", registry.get("/").body().toString());
        assertEquals("[]", registry.get("/subjects").body().toString());
        assertEquals(
                "[\"JSON\",\"PROTOBUF\",\"AVRO\"]",
                registry.get("/schemas/types").body().toString());
        assertEquals(
                "{\"compatibilityLevel\":\"BACKWARD\"}",
                registry.get("/config").body().toString());
        assertEquals("{\"mode\":\"READWRITE\"}", registry.get("/mode").body().toString());
        assertEquals("[\".\"]", registry.get("/contexts").body().toString());
        assertEquals(
                "cluster",
                registry.get("/v1/metadata/id")
                        .body()
                        .at("/scope/clusters/kafka-cluster")
                        .asText());
        assertEquals(null, registry.partition());
    }

    @Test
    void schemasAreRegisteredAndFound() {
        assertEquals(1, registry.register("a-value", V1).id());
        assertEquals(1, registry.register("a-value", V1).id());
        assertEquals(1, registry.register("b-value", " " + V1).id());
        assertEquals(2, registry.register("a-value", V2).id());
        assertEquals(
                "[\"a-value\",\"b-value\"]", registry.get("/subjects").body().toString());
        assertEquals(
                "[\"b-value\"]",
                registry.get("/subjects?subjectPrefix=b").body().toString());
        assertEquals("[1,2]", registry.get("/subjects/a-value/versions").body().toString());
        assertEquals(2, registry.get("/subjects/a-value/versions/latest").id());
        assertEquals(
                V1,
                registry.get("/subjects/a-value/versions/1")
                        .body()
                        .path("schema")
                        .asText());
        assertEquals(
                V1, registry.get("/subjects/a-value/versions/1/schema").body().toString());
        assertEquals(
                "{\"schema\":" + TestRegistry.JSON.getNodeFactory().textNode(V1) + "}",
                registry.get("/schemas/ids/1").body().toString());
        assertEquals(
                2,
                registry.get("/schemas/ids/1?fetchMaxId=true")
                        .body()
                        .path("maxId")
                        .asInt());
        assertEquals(
                "[\"a-value\",\"b-value\"]",
                registry.get("/schemas/ids/1/subjects").body().toString());
        assertEquals(
                "[{\"subject\":\"a-value\",\"version\":1},{\"subject\":\"b-value\",\"version\":1}]",
                registry.get("/schemas/ids/1/versions").body().toString());
        assertEquals(3, registry.get("/schemas").body().size());
        assertEquals(2, registry.get("/schemas?latestOnly=true").body().size());
        assertEquals(1, registry.get("/schemas?offset=1&limit=1").body().size());
        Answer found = registry.post("/subjects/a-value", TestRegistry.avro(V2));
        assertEquals(2, found.body().path("version").asInt());
        assertEquals("a-value", found.body().path("subject").asText());
    }

    @Test
    void whatIsNotThereHasItsCode() {
        registry.register("a", V1);
        assertRefused(404, 40401, registry.get("/subjects/none/versions"));
        assertRefused(404, 40401, registry.get("/subjects/none/versions/1"));
        assertRefused(404, 40401, registry.delete("/subjects/none"));
        assertRefused(404, 40402, registry.get("/subjects/a/versions/9"));
        assertRefused(404, 40403, registry.get("/schemas/ids/99"));
        assertRefused(404, 40403, registry.get("/schemas/ids/-1"));
        assertRefused(404, 40403, registry.get("/schemas/ids/2147483647"));
        assertRefused(404, 40403, registry.post("/subjects/a", TestRegistry.avro(V2)));
        assertRefused(404, 40408, registry.get("/config/a"));
        assertRefused(404, 40409, registry.get("/mode/a"));
        assertRefused(422, 42202, registry.get("/subjects/a/versions/0"));
        assertRefused(422, 42202, registry.get("/subjects/a/versions/earliest"));
        assertRefused(422, 42202, registry.get("/subjects/a/versions/99999999999"));
        assertRefused(404, 404, registry.get("/nothing"));
        assertRefused(404, 404, registry.get("/schemas/ids/x"));
        assertRefused(405, 405, registry.put("/subjects", "{}"));
    }

    @Test
    void badBodiesAreRefused() {
        String path = "/subjects/a/versions";
        assertRefused(400, 400, registry.post(path, "{\"schema\":"));
        assertRefused(400, 400, registry.post(path, "[]"));
        assertRefused(400, 400, registry.post(path, "{} {}"));
        assertRefused(422, 42201, registry.post(path, "{}"));
        assertRefused(422, 42201, registry.post(path, "{\"schema\":7}"));
        assertRefused(422, 42201, registry.register("a", " "));
        assertRefused(422, 42201, registry.register("a", "{\"type\":\"nonsense\"}"));
        assertRefused(422, 42201, registry.post(path, TestRegistry.body("XML", "<a/>")));
        assertRefused(422, 42201, registry.post(path, TestRegistry.body("JSON", "{\"type\":\"nonsense\"}")));
        assertRefused(422, 42201, registry.post(path, TestRegistry.body("JSON", "{\"type\":")));
        assertRefused(422, 42201, registry.post(path, TestRegistry.body("PROTOBUF", "message {")));
        assertRefused(422, 42201, registry.post(path, TestRegistry.body("PROTOBUF", "message A { Gone x = 1; }")));
        assertRefused(422, 422, registry.post(path, "{\"schema\":\"x\",\"references\":[{\"name\":\"x\"}]}"));
        assertRefused(422, 422, registry.post(path, "{\"schema\":\"x\",\"id\":99999999999}"));
        assertRefused(415, 415, registry.send("POST", path, "<a/>", "text/xml"));
        assertRefused(422, 42208, registry.register("a%00b", V1));
        assertRefused(422, 42203, registry.put("/config", "{\"compatibility\":\"SIDEWAYS\"}"));
        assertRefused(422, 42204, registry.put("/mode", "{\"mode\":\"SIDEWAYS\"}"));
        assertEquals(null, registry.partition());
    }

    @Test
    void hugeAndDeepSchemasAreRefusedOrTaken() throws Exception {
        String deep = "{\"type\":\"array\",\"items\":".repeat(5000) + "\"int\"" + "}".repeat(5000);
        assertRefused(422, 42201, registry.register("deep", deep));
        assertRefused(
                422,
                42201,
                registry.post(
                        "/subjects/deep/versions",
                        TestRegistry.body("JSON", "{\"not\":".repeat(5000) + "{}" + "}".repeat(5000))));
        assertRefused(
                422,
                42201,
                registry.post(
                        "/subjects/deep/versions",
                        TestRegistry.body("PROTOBUF", "message A {".repeat(5000) + "}".repeat(5000))));
        String doc = "x".repeat(600_000);
        String large = "{\"type\":\"record\",\"name\":\"L\",\"doc\":\"" + doc + "\",\"fields\":[]}";
        assertEquals(1, registry.register("large", large).id());
        assertRefused(422, 42201, registry.register("larger", large.replace(doc, doc + doc)));
        assertEquals(413, registry.statusOfBody("/subjects/a/versions", 17 << 20));
        assertEquals(2, registry.register("a", V1).id());
    }

    @Test
    void incompatibleSchemasAreRefusedWithRuleAndField() {
        registry.register("a", V1);
        Answer refused = registry.register("a", INCOMPATIBLE);
        assertRefused(409, 409, refused);
        assertTrue(refused.message().contains("TYPE_MISMATCH"), refused.message());
        assertTrue(refused.message().contains("/fields/0"), refused.message());
        String test = "/compatibility/subjects/a/versions";
        assertEquals(
                "{\"is_compatible\":true}",
                registry.post(test + "/latest", TestRegistry.avro(V2)).body().toString());
        Answer verbose = registry.post(test + "?verbose=true", TestRegistry.avro(INCOMPATIBLE));
        assertFalse(verbose.body().path("is_compatible").asBoolean());
        assertTrue(verbose.body().path("messages").get(0).asText().contains("TYPE_MISMATCH"));
        assertRefused(404, 40402, registry.post(test + "/7", TestRegistry.avro(V2)));
        assertRefused(409, 409, registry.post("/subjects/a/versions", TestRegistry.body("JSON", "{}")));
    }

    @Test
    void settingsAndModesOfSubjects() {
        assertEquals(
                "{\"compatibility\":\"FULL\"}",
                registry.put("/config", "{\"compatibility\":\"FULL\"}").body().toString());
        assertEquals(
                "{\"compatibilityLevel\":\"FULL\"}",
                registry.get("/config").body().toString());
        registry.put("/config/a", "{\"compatibility\":\"none\"}");
        assertEquals(
                "{\"compatibilityLevel\":\"NONE\"}",
                registry.get("/config/a").body().toString());
        assertEquals(
                "{\"compatibilityLevel\":\"FULL\"}",
                registry.get("/config/b?defaultToGlobal=true").body().toString());
        registry.register("a", V1);
        assertEquals(2, registry.register("a", INCOMPATIBLE).id());
        assertEquals(
                "{\"compatibilityLevel\":\"NONE\"}",
                registry.delete("/config/a").body().toString());
        assertRefused(404, 40408, registry.get("/config/a"));
        assertEquals(
                "{\"mode\":\"READONLY\"}",
                registry.put("/mode/a", "{\"mode\":\"READONLY\"}").body().toString());
        assertRefused(422, 42205, registry.register("a", V2));
        assertRefused(422, 42205, registry.delete("/subjects/a"));
        assertEquals(
                "{\"mode\":\"READONLY\"}", registry.delete("/mode/a").body().toString());
        assertRefused(404, 40409, registry.get("/mode/a"));
        assertEquals(
                "{\"mode\":\"READWRITE\"}",
                registry.get("/mode/a?defaultToGlobal=true").body().toString());
    }

    @Test
    void importTakesGivenIdsAndVersions() {
        registry.register("there", V1);
        assertRefused(422, 42205, registry.put("/mode", "{\"mode\":\"IMPORT\"}"));
        assertEquals(200, registry.put("/mode/a", "{\"mode\":\"IMPORT\"}").status());
        assertRefused(422, 42205, registry.register("a", V2));
        String imported =
                TestRegistry.object("AVRO", V2).put("id", 40).put("version", 3).toString();
        assertEquals(40, registry.post("/subjects/a/versions", imported).id());
        assertEquals("[3]", registry.get("/subjects/a/versions").body().toString());
        String taken = TestRegistry.object("AVRO", INCOMPATIBLE).put("id", 40).toString();
        assertRefused(422, 42205, registry.post("/subjects/a/versions", taken));
        assertRefused(422, 42205, registry.post("/subjects/there/versions", imported));
        registry.delete("/mode/a");
        assertEquals(41, registry.register("b", INCOMPATIBLE).id());
    }

    @Test
    void deletedSoftlyAndForGood() {
        registry.register("a", V1);
        registry.register("a", V2);
        assertRefused(404, 40407, registry.delete("/subjects/a/versions/1?permanent=true"));
        assertEquals("1", registry.delete("/subjects/a/versions/1").body().toString());
        assertRefused(404, 40406, registry.delete("/subjects/a/versions/1"));
        assertEquals("[2]", registry.get("/subjects/a/versions").body().toString());
        assertEquals(
                "[1,2]",
                registry.get("/subjects/a/versions?deleted=true").body().toString());
        assertEquals(200, registry.get("/schemas/ids/1").status());
        assertRefused(404, 40405, registry.delete("/subjects/a?permanent=true"));
        assertEquals("[2]", registry.delete("/subjects/a").body().toString());
        assertRefused(404, 40404, registry.delete("/subjects/a"));
        assertEquals("[]", registry.get("/subjects").body().toString());
        assertEquals("[\"a\"]", registry.get("/subjects?deleted=true").body().toString());
        assertEquals(1, registry.register("a", V1).id());
        assertEquals("[3]", registry.get("/subjects/a/versions").body().toString());
        registry.delete("/subjects/a");
        assertEquals(
                "[1,2,3]", registry.delete("/subjects/a?permanent=true").body().toString());
        assertRefused(404, 40403, registry.get("/schemas/ids/1"));
        assertEquals(3, registry.register("a", V2).id());
    }

    @Test
    void referencesAreFollowedAndHold() {
        registry.register("level", "{\"type\":\"enum\",\"name\":\"Level\",\"symbols\":[\"LOW\",\"HIGH\"]}");
        String user = "{\"type\":\"record\",\"name\":\"Line\",\"fields\":[{\"name\":\"level\",\"type\":\"Level\"}]}";
        String refers = "{\"schema\":" + TestRegistry.JSON.getNodeFactory().textNode(user)
                + ",\"references\":[{\"name\":\"Level\",\"subject\":\"level\",\"version\":1}]}";
        assertRefused(422, 42201, registry.register("line", user));
        assertEquals(2, registry.post("/subjects/line/versions", refers).id());
        assertEquals(user, registry.get("/schemas/ids/2").body().path("schema").asText());
        assertEquals(
                "level",
                registry.get("/schemas/ids/2")
                        .body()
                        .at("/references/0/subject")
                        .asText());
        assertEquals(
                "[2]",
                registry.get("/subjects/level/versions/1/referencedby").body().toString());
        assertRefused(422, 42206, registry.delete("/subjects/level"));
        assertRefused(422, 42206, registry.delete("/subjects/level/versions/1"));
        assertRefused(
                422, 42201, registry.post("/subjects/line/versions", refers.replace("\"version\":1", "\"version\":5")));
        registry.delete("/subjects/line");
        assertEquals("[1]", registry.delete("/subjects/level").body().toString());
    }

    @Test
    void protobufAndJsonRefer() {
        registry.post(
                "/subjects/level.proto/versions",
                TestRegistry.body("PROTOBUF", "syntax = \"proto3\"; package a; message Level { int32 n = 1; }"));
        String line = "syntax = \"proto3\"; package b; import \"level.proto\"; message Line { a.Level level = 1; }";
        var body = TestRegistry.object("PROTOBUF", line);
        body.putArray("references")
                .addObject()
                .put("name", "level.proto")
                .put("subject", "level.proto")
                .put("version", 1);
        assertEquals(
                2, registry.post("/subjects/line/versions", body.toString()).id());
        assertTrue(registry.get("/schemas/ids/2/schema").body().asText().contains("a.Level level = 1;"));
        var json = TestRegistry.object(
                "JSON", "{\"type\":\"object\",\"properties\":{\"level\":{\"$ref\":\"level.json\"}}}");
        registry.post("/subjects/level.json/versions", TestRegistry.body("JSON", "{\"type\":\"integer\"}"));
        json.putArray("references")
                .addObject()
                .put("name", "level.json")
                .put("subject", "level.json")
                .put("version", -1);
        assertEquals(
                4, registry.post("/subjects/json/versions", json.toString()).id());
    }

    @Test
    void contextsCountOnTheirOwn() {
        registry.register("a", V1);
        assertEquals(1, registry.register(":.stage:a", V2).id());
        assertEquals("[\".\",\".stage\"]", registry.get("/contexts").body().toString());
        assertEquals("[\":.stage:a\",\"a\"]", registry.get("/subjects").body().toString());
        assertEquals("[\"a\"]", registry.get("/subjects?subjectPrefix=").body().toString());
        assertEquals(
                "[\":.stage:a\"]",
                registry.get("/subjects?subjectPrefix=:.stage:").body().toString());
        assertEquals(
                V2,
                registry.get("/schemas/ids/1?subject=:.stage:a")
                        .body()
                        .path("schema")
                        .asText());
        assertEquals(V1, registry.get("/schemas/ids/1").body().path("schema").asText());
        registry.put("/config/:.stage:", "{\"compatibility\":\"NONE\"}");
        assertEquals(2, registry.register(":.stage:a", INCOMPATIBLE).id());
        assertRefused(409, 409, registry.register("a", INCOMPATIBLE));
    }

    @Test
    void metadataAndRulesComeBack() {
        var body = TestRegistry.object("AVRO", V1);
        body.putObject("metadata").putObject("properties").put("owner", "ops");
        body.putObject("ruleSet")
                .putArray("domainRules")
                .addObject()
                .put("name", "r")
                .put("kind", "CONDITION");
        assertEquals(1, registry.post("/subjects/a/versions", body.toString()).id());
        Answer back = registry.get("/subjects/a/versions/1");
        assertEquals(body.get("metadata"), back.body().get("metadata"));
        assertEquals(body.get("ruleSet"), registry.get("/schemas/ids/1").body().get("ruleSet"));
        assertEquals(1, registry.get("/subjects/a/metadata?key=owner&value=ops").id());
        assertRefused(404, 40403, registry.get("/subjects/a/metadata?key=owner&value=dev"));
        registry.register("a", V2);
        assertEquals(
                body.get("metadata"),
                registry.get("/subjects/a/versions/2").body().get("metadata"));
    }

    @Test
    void normalizedSchemasDifferInNothingButOrder() {
        String one = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}";
        String other = "{\"properties\":{\"a\":{\"type\":\"string\"}},\"type\":\"object\"}";
        registry.post("/subjects/a/versions?normalize=true", TestRegistry.body("JSON", one));
        assertEquals(
                1,
                registry.post("/subjects/a/versions?normalize=true", TestRegistry.body("JSON", other))
                        .id());
        assertEquals(
                2,
                registry.post("/subjects/b/versions", TestRegistry.body("JSON", one))
                        .id());
        registry.put("/config", "{\"normalize\":true}");
        assertEquals(
                1,
                registry.post("/subjects/c/versions", TestRegistry.body("JSON", one))
                        .id());
    }
}
