package io.millrace.broker.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.config.ValidationSettings;
import io.millrace.broker.partition.RecordCheck;
import io.millrace.broker.partition.RecordCheck.Verdict;
import io.millrace.broker.schema.validate.RecordSchemaCheck;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which records pass a topic that asks for schemas. */
class RecordSchemaCheckTest {
    @TempDir
    Path directory;

    private TestRegistry registry;

    @BeforeEach
    void start() throws Exception {
        registry = new TestRegistry(directory);
        registry.register("t-value", "\"string\"");
        registry.register("other-value", "\"int\"");
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private RecordCheck check(String... namesAndValues) {
        Map<String, String> settings = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            settings.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return new RecordSchemaCheck(
                "t", ValidationSettings.of(settings), registry.service().store());
    }

    private static Record record(byte[] key, byte[] value) {
        return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(1, key, value))
                .records()
                .iterator()
                .next();
    }

    private static byte[] withId(int id) {
        return ByteBuffer.allocate(7).put((byte) 0).putInt(id).array();
    }

    @Test
    void valuesNeedAnIdOfTheirSubject() {
        RecordCheck check = check(ValidationSettings.VALUES, "true");
        assertEquals(Verdict.UNDECIDED, check.check(record(null, withId(1)), false));
        assertEquals(Verdict.PASSED, check.check(record(null, withId(1)), true));
        assertEquals(Verdict.PASSED, check.check(record(null, withId(1)), false), "known by now");
        assertEquals(Verdict.REFUSED, check.check(record(null, withId(2)), true));
        assertEquals(Verdict.REFUSED, check.check(record(null, withId(-1)), true));
        assertEquals(Verdict.REFUSED, check.check(record(null, new byte[] {1, 0, 0, 0, 1}), false));
        assertEquals(Verdict.REFUSED, check.check(record(null, new byte[] {0, 0, 0, 1}), false));
        assertEquals(Verdict.PASSED, check.check(record(new byte[1], null), false), "a tombstone");
        assertTrue(check.rejects());
        assertTrue(check.explain(record(null, withId(2))).contains("id 2"));
        assertTrue(check.explain(record(null, new byte[1])).contains("does not begin with"));
    }

    @Test
    void whatIsDeletedOrNewIsKnownAtOnce() {
        RecordCheck check = check(ValidationSettings.VALUES, "true");
        assertEquals(Verdict.REFUSED, check.check(record(null, withId(3)), true));
        registry.register("t-value", "[\"string\",\"int\"]");
        assertEquals(Verdict.PASSED, check.check(record(null, withId(3)), true));
        registry.delete("/subjects/t-value/versions/2");
        assertEquals(Verdict.REFUSED, check.check(record(null, withId(3)), true));
    }

    @Test
    void keysAndStrategies() {
        RecordCheck keys = check(ValidationSettings.KEYS, "true");
        assertEquals(Verdict.REFUSED, keys.check(record(withId(1), null), true));
        registry.register("t-key", "\"string\"");
        assertEquals(Verdict.PASSED, keys.check(record(withId(1), new byte[1]), true));
        RecordCheck byRecord = check(
                ValidationSettings.VALUES,
                "true",
                ValidationSettings.VALUE_STRATEGY,
                "io.confluent.kafka.serializers.subject.RecordNameStrategy");
        assertEquals(Verdict.PASSED, byRecord.check(record(null, withId(2)), true));
    }

    @Test
    void settingsAreChecked() {
        assertFalse(ValidationSettings.of(Map.of()).on());
        assertFalse(ValidationSettings.of(Map.of(ValidationSettings.VALUES, "true", ValidationSettings.MODE, "off"))
                .on());
        assertFalse(check(ValidationSettings.VALUES, "true", ValidationSettings.MODE, "log")
                .rejects());
        assertThrows(ConfigException.class, () -> ValidationSettings.of(Map.of(ValidationSettings.MODE, "perhaps")));
        assertThrows(
                ConfigException.class,
                () -> ValidationSettings.of(Map.of(ValidationSettings.VALUE_STRATEGY, "MyStrategy")));
    }
}
