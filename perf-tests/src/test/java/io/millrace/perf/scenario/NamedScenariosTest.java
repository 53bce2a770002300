package io.millrace.perf.scenario;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.scenario.NamedScenarios.Named;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NamedScenariosTest {
    @TempDir
    private Path temp;

    @Test
    void everyScenarioThatComesWithTheProgramIsPossible() {
        assertTrue(
                NamedScenarios.names().size() >= 25,
                () -> NamedScenarios.names().toString());
        for (String name : NamedScenarios.names()) {
            assertDoesNotThrow(() -> scenario(NamedScenarios.load(name)), name);
        }
    }

    private static Scenario scenario(Named named) {
        Map<String, String> options = new HashMap<>(named.kind().defaults());
        options.putAll(named.options());
        return new Scenario(named.kind(), LoadSpec.of(options));
    }

    @Test
    void aFileOfOnesOwnIsAScenario() throws Exception {
        Path file =
                Files.writeString(temp.resolve("own.properties"), "kind=fan-out\nreaders=3\nsettings.kafka=a=1 b=2\n");
        Named named = NamedScenarios.load(file.toString());
        assertEquals(Kind.FAN_OUT, named.kind());
        assertEquals(Map.of("readers", "3"), named.options());
        assertEquals(List.of("a=1", "b=2"), named.settings().get("kafka"));
    }

    @Test
    void anUnknownScenarioIsRefusedWithThoseThatThereAre() {
        var refused = assertThrows(IllegalArgumentException.class, () -> NamedScenarios.load("produce-2k"));
        assertTrue(String.valueOf(refused.getMessage()).contains("produce-1k"), refused::getMessage);
    }

    @Test
    void theSendTimeWantsRoomAndPlainBatches() {
        assertThrows(IllegalArgumentException.class, () -> of(Kind.END_TO_END, "record-size", "8"));
        assertThrows(IllegalArgumentException.class, () -> of(Kind.FAN_OUT, "compression", "lz4"));
        assertThrows(IllegalArgumentException.class, () -> of(Kind.SOAK, "path", "lean"));
    }

    private static Scenario of(Kind kind, String name, String value) {
        Map<String, String> options = new HashMap<>(kind.defaults());
        options.put(name, value);
        return new Scenario(kind, LoadSpec.of(options));
    }
}
