package io.millrace.log.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OffsetCheckpointTest {
    private static final PartitionName ORDERS_0 = new PartitionName("orders", 0);
    private static final PartitionName HYPHENS_12 = new PartitionName("a-b-c", 12);

    @TempDir
    Path directory;

    private Path path;
    private OffsetCheckpoint checkpoint;

    @BeforeEach
    void open() {
        path = directory.resolve(OffsetCheckpoint.RECOVERY_POINT);
        checkpoint = new OffsetCheckpoint(directory, OffsetCheckpoint.RECOVERY_POINT, FileFaults.NONE);
    }

    @Test
    void missingAndEmptyFilesHaveNoOffsets() throws IOException {
        assertEquals(Map.of(), checkpoint.read());
        Files.createFile(path);
        assertEquals(Map.of(), checkpoint.read());
        Files.writeString(path, "0\n");
        assertEquals(Map.of(), checkpoint.read());
    }

    @Test
    void goldenFile() throws IOException {
        checkpoint.write(new TreeMap<>(Map.of(ORDERS_0, 42L, HYPHENS_12, 7L)));
        assertEquals("0\n2\na-b-c 12 7\norders 0 42\n", Files.readString(path));
        assertEquals(Map.of(ORDERS_0, 42L, HYPHENS_12, 7L), checkpoint.read());
    }

    @Test
    void everyLostEndIsNoticed() throws IOException {
        checkpoint.write(Map.of(ORDERS_0, 42L));
        String whole = Files.readString(path);
        for (int length = 3; length < whole.length(); length++) {
            Files.writeString(path, whole.substring(0, length));
            StorageException damage = assertThrows(StorageException.class, checkpoint::read, "length " + length);
            assertEquals(StorageException.Kind.DAMAGED, damage.kind());
        }
    }

    @Test
    void nonsenseIsDamage() throws IOException {
        for (String text : new String[] {
            "1\n0\n",
            "x\n",
            "0\n1\norders 0\n",
            "0\n1\norders 0 x\n",
            "0\n1\norders 0 -4\n",
            "0\n1\n../x 0 4\n",
            "0\n-1\n"
        }) {
            Files.writeString(path, text);
            assertThrows(StorageException.class, checkpoint::read, text);
        }
    }

    @Test
    void failedWriteLeavesTheOldFile() throws IOException {
        checkpoint.write(Map.of(ORDERS_0, 42L));
        FileFaults faults = (operation, file, position, length) -> {
            if (operation == FileFaults.Operation.RENAME) {
                throw new IOException("injected");
            }
        };
        OffsetCheckpoint failing = new OffsetCheckpoint(directory, OffsetCheckpoint.RECOVERY_POINT, faults);
        assertThrows(StorageException.class, () -> failing.write(Map.of(ORDERS_0, 43L)));
        assertEquals(Map.of(ORDERS_0, 42L), checkpoint.read());
    }

    @Test
    void kafkaReadsOursAndWeReadKafkas() throws IOException {
        checkpoint.write(Map.of(ORDERS_0, 42L));
        OffsetCheckpointFile kafka = new OffsetCheckpointFile(path.toFile(), new LogDirFailureChannel(1));
        assertEquals(Map.of(new TopicPartition("orders", 0), 42L), kafka.read());
        kafka.write(Map.of(new TopicPartition("a-b-c", 12), 9L));
        assertEquals(Map.of(HYPHENS_12, 9L), checkpoint.read());
    }
}
