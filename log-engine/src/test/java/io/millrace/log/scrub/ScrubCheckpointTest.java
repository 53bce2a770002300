package io.millrace.log.scrub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScrubCheckpointTest {
    @TempDir
    private Path directory;

    @Test
    void isTextAndComesBackAsItWas() throws IOException {
        ScrubPlace at = new ScrubPlace(new PartitionName("my.orders-eu", 3), 4711);
        ScrubPlace damaged = new ScrubPlace(new PartitionName("a", 0), 7);
        ScrubCheckpoint checkpoint = new ScrubCheckpoint(1_732_280_000_000L, at, Set.of(damaged));
        assertNull(ScrubCheckpoint.read(directory));
        checkpoint.write(directory, FileFaults.NONE);
        assertEquals("""
                0
                3
                started 1732280000000
                at my.orders-eu 3 4711
                damaged a 0 7
                """, Files.readString(directory.resolve("millrace.scrub")));
        assertEquals(checkpoint, ScrubCheckpoint.read(directory));
        ScrubCheckpoint over = new ScrubCheckpoint(5, null, Set.of());
        over.write(directory, FileFaults.NONE);
        assertEquals(over, ScrubCheckpoint.read(directory));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0\n1\nat a 0 1\n",
                "0\n1\nstarted soon\n",
                "0\n1\nstarted 1 2\n",
                "0\n2\nstarted 1\n",
                "0\n2\nstarted 1\nat a 0\n",
                "0\n2\nstarted 1\nat ? 0 1\n",
                "0\n2\nstarted 1\nbeside a 0 1\n",
                "1\n1\nstarted 1\n"
            })
    void whatIsNoneIsDamage(String text) throws IOException {
        Files.writeString(directory.resolve(ScrubCheckpoint.FILE), text);
        StorageException refused = assertThrows(StorageException.class, () -> ScrubCheckpoint.read(directory));
        assertEquals(StorageException.Kind.DAMAGED, refused.kind());
    }
}
