package io.millrace.log.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.apache.kafka.storage.internals.checkpoint.CleanShutdownFileHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CleanShutdownMarkerTest {
    @TempDir
    Path directory;

    @Test
    void goldenFile() throws IOException {
        CleanShutdownMarker.write(directory, 42, FileFaults.NONE);
        assertEquals("{\"version\":0,\"brokerEpoch\":42}", Files.readString(directory.resolve(".kafka_cleanshutdown")));
        assertTrue(CleanShutdownMarker.isPresent(directory));
        assertEquals(OptionalLong.of(42), CleanShutdownMarker.brokerEpoch(directory));
        CleanShutdownMarker.remove(directory, FileFaults.NONE);
        assertFalse(CleanShutdownMarker.isPresent(directory));
        assertEquals(OptionalLong.empty(), CleanShutdownMarker.brokerEpoch(directory));
    }

    @Test
    void markerWithoutEpochIsStillAMarker() throws IOException {
        Files.createFile(directory.resolve(".kafka_cleanshutdown"));
        assertTrue(CleanShutdownMarker.isPresent(directory));
        assertEquals(OptionalLong.empty(), CleanShutdownMarker.brokerEpoch(directory));
        CleanShutdownMarker.write(directory, CleanShutdownMarker.NO_BROKER_EPOCH, FileFaults.NONE);
        assertEquals(OptionalLong.empty(), CleanShutdownMarker.brokerEpoch(directory));
    }

    @Test
    void kafkaReadsOursAndWeReadKafkas() throws Exception {
        CleanShutdownFileHandler kafka = new CleanShutdownFileHandler(directory.toString());
        CleanShutdownMarker.write(directory, 42, FileFaults.NONE);
        assertEquals(OptionalLong.of(42), kafka.read());
        kafka.write(77);
        assertEquals(OptionalLong.of(77), CleanShutdownMarker.brokerEpoch(directory));
    }
}
