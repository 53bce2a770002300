package io.millrace.log.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.checkpoint.PartitionMetadataFile;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartitionMetadataTest {
    private static final Uuid ID = Uuid.fromString("6JqcHhhdQ0ScpXTVUSBYPQ");

    @TempDir
    Path directory;

    @Test
    void goldenFile() throws IOException {
        metadata().write(directory, FileFaults.NONE);
        assertEquals(
                "version: 0\ntopic_id: 6JqcHhhdQ0ScpXTVUSBYPQ",
                Files.readString(directory.resolve("partition.metadata")));
        assertEquals(metadata(), PartitionMetadata.read(directory));
    }

    @Test
    void missingFileIsNull() {
        assertNull(PartitionMetadata.read(directory));
    }

    @Test
    void everyTruncatedPrefixIsDamage() throws IOException {
        metadata().write(directory, FileFaults.NONE);
        String whole = Files.readString(directory.resolve("partition.metadata"));
        for (int length = 0; length < whole.length(); length++) {
            Files.writeString(directory.resolve("partition.metadata"), whole.substring(0, length));
            assertThrows(StorageException.class, () -> PartitionMetadata.read(directory), "length " + length);
        }
    }

    @Test
    void nonsenseIsDamage() throws IOException {
        for (String id : new String[] {"AAAAAAAAAAAAAAAAAAAAAA", "!!", "6JqcHhhdQ0ScpXTVUSBYPQ6JqcHhhdQ0"}) {
            Files.writeString(directory.resolve("partition.metadata"), "version: 0\ntopic_id: " + id);
            assertThrows(StorageException.class, () -> PartitionMetadata.read(directory), id);
        }
    }

    @Test
    void kafkaReadsOursAndWeReadKafkas() throws IOException {
        metadata().write(directory, FileFaults.NONE);
        PartitionMetadataFile kafka = new PartitionMetadataFile(
                PartitionMetadataFile.newFile(directory.toFile()), new LogDirFailureChannel(1));
        assertEquals(ID, kafka.read().topicId());
        kafka.delete();
        Uuid other = Uuid.randomUuid();
        kafka.record(other);
        kafka.maybeFlush();
        assertEquals(
                new PartitionMetadata(other.getMostSignificantBits(), other.getLeastSignificantBits()),
                PartitionMetadata.read(directory));
    }

    private static PartitionMetadata metadata() {
        return new PartitionMetadata(ID.getMostSignificantBits(), ID.getLeastSignificantBits());
    }
}
