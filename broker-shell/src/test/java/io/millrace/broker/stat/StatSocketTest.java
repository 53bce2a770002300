package io.millrace.broker.stat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Not in a directory of JUnit's: the path of a socket must be short. */
class StatSocketTest {
    private Path directory;

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = Files.createTempDirectory("stat");
    }

    @AfterEach
    void removeDirectory() throws IOException {
        Files.delete(directory);
    }

    @Test
    void whoAsksGetsTheLinesEachTime() throws IOException {
        int[] asked = {0};
        try (StatSocket socket = open(() -> List.of("time\tcount=" + ++asked[0], "end"))) {
            assertNotNull(socket);
            assertEquals(List.of("time\tcount=1", "end"), StatSocket.ask(directory));
            assertEquals(List.of("time\tcount=2", "end"), StatSocket.ask(directory));
        }
        assertFalse(Files.exists(directory.resolve(StatSocket.NAME)));
        assertThrows(IOException.class, () -> StatSocket.ask(directory));
    }

    @Test
    void whatAKilledNodeHasLeftIsReplaced() throws IOException {
        Files.createFile(directory.resolve(StatSocket.NAME));
        try (StatSocket socket = open(() -> List.of("here"))) {
            assertNotNull(socket);
            assertEquals(List.of("here"), StatSocket.ask(directory));
        }
    }

    @Test
    void aDirectoryWithoutRoomForASocketIsNoFault() {
        assertNull(StatSocket.open(directory.resolve("x".repeat(120)), List::of));
    }

    private StatSocket open(java.util.function.Supplier<List<String>> lines) {
        return Objects.requireNonNull(StatSocket.open(directory, lines));
    }
}
