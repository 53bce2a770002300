package io.millrace.log.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UseMarkerTest {
    @TempDir
    private Path directory;

    private boolean usedByOthers() {
        return UseMarker.usedByOthers(directory);
    }

    private void stop(long epoch) {
        UseMarker.close(directory, epoch, FileFaults.NONE);
        CleanShutdownMarker.write(directory, epoch, FileFaults.NONE);
    }

    private void start() {
        CleanShutdownMarker.remove(directory, FileFaults.NONE);
        UseMarker.open(directory, FileFaults.NONE);
    }

    @Test
    void directoryThatWasNeverOursHasNothingOfOurs() {
        assertFalse(usedByOthers());
        CleanShutdownMarker.write(directory, 5, FileFaults.NONE);
        assertFalse(usedByOthers());
    }

    @Test
    void ownStopsAndKillsAreTold() {
        start();
        assertFalse(usedByOthers(), "killed");
        stop(42);
        assertFalse(usedByOthers(), "stopped");
        start();
        stop(CleanShutdownMarker.NO_BROKER_EPOCH);
        assertFalse(usedByOthers(), "stopped without a broker");
    }

    @Test
    void anotherProgramIsTold() {
        start();
        stop(42);
        CleanShutdownMarker.remove(directory, FileFaults.NONE);
        assertTrue(usedByOthers(), "it was killed");
        CleanShutdownMarker.write(directory, 43, FileFaults.NONE);
        assertTrue(usedByOthers(), "it was stopped");
        start();
        CleanShutdownMarker.write(directory, 44, FileFaults.NONE);
        assertTrue(usedByOthers(), "we were killed, it was stopped");
    }

    @Test
    void goldenTextAndEveryPrefixIsSomebodyElses() throws IOException {
        start();
        Path file = directory.resolve("millrace.state");
        assertEquals("version: 0\nstate: open\n", Files.readString(file));
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertTrue(usedByOthers(), "length " + length);
        }
        stop(42);
        assertEquals("version: 0\nstate: closed 42\n", Files.readString(file));
    }
}
