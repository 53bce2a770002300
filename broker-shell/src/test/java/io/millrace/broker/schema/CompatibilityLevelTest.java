package io.millrace.broker.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The seven levels, over two versions: the first has the field a, the second a and b with a default. What a third version may
 * be, differs with the level.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CompatibilityLevelTest {
    private static final String A = "{\"name\":\"a\",\"type\":\"string\"}";
    private static final String A_DEFAULT = "{\"name\":\"a\",\"type\":\"string\",\"default\":\"\"}";
    private static final String B = "{\"name\":\"b\",\"type\":\"string\",\"default\":\"\"}";
    private static final String C = "{\"name\":\"c\",\"type\":\"string\"}";

    private TestRegistry registry;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        registry = new TestRegistry(directory);
    }

    @AfterAll
    void stop() {
        registry.close();
    }

    private static String record(String... fields) {
        return "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" + String.join(",", fields) + "]}";
    }

    /** Columns: dropping a (no default in version 1 and 2), adding c without default, b losing its default, anything. */
    @ParameterizedTest
    @CsvSource({
        "NONE, true, true, true, true",
        "BACKWARD, true, false, true, false",
        "BACKWARD_TRANSITIVE, true, false, false, false",
        "FORWARD, false, true, true, false",
        "FORWARD_TRANSITIVE, false, true, true, false",
        "FULL, false, false, true, false",
        "FULL_TRANSITIVE, false, false, false, false"
    })
    void takesAndRefuses(String level, boolean drop, boolean add, boolean bareB, boolean other) {
        registry.put("/config/" + level, "{\"compatibility\":\"NONE\"}");
        registry.register(level, record(A));
        registry.register(level, record(A, B));
        registry.put("/config/" + level, "{\"compatibility\":\"" + level + "\"}");
        assertEquals(drop, isTaken(level, record(B)), "without a");
        assertEquals(add, isTaken(level, record(A, B, C)), "with c");
        assertEquals(bareB, isTaken(level, record(A, "{\"name\":\"b\",\"type\":\"string\"}")), "b without default");
        assertEquals(other, isTaken(level, "\"int\""), "an int");
        assertEquals(true, isTaken(level, record(A_DEFAULT, B)), "a with default");
    }

    private boolean isTaken(String subject, String schema) {
        return registry.post("/compatibility/subjects/" + subject + "/versions", TestRegistry.avro(schema))
                .body()
                .path("is_compatible")
                .asBoolean();
    }
}
