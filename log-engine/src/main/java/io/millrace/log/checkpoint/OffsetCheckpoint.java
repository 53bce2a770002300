package io.millrace.log.checkpoint;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One offset for each partition of a data directory: {@code recovery-point-offset-checkpoint},
 * {@code log-start-offset-checkpoint}, {@code replication-offset-checkpoint}. A {@link CheckpointFile} with lines
 * {@code <topic> <partition> <offset>}.
 *
 * <p>What a crash may leave is always a whole older state. An older recovery point only makes the scan longer, an older log start
 * offset brings deleted records back into sight, an older high watermark is raised again by the leader.
 *
 * <p>Owned by one thread at a time.
 */
public final class OffsetCheckpoint {
    /** Everything below is known to have been forced. */
    public static final String RECOVERY_POINT = "recovery-point-offset-checkpoint";
    /** The first offset that a client may read. */
    public static final String LOG_START = "log-start-offset-checkpoint";
    /** The high watermark. */
    public static final String HIGH_WATERMARK = "replication-offset-checkpoint";

    private final Path path;
    private final FileFaults faults;

    /** The checkpoint of that name in a data directory. */
    public OffsetCheckpoint(Path dataDirectory, String name, FileFaults faults) {
        this.path = dataDirectory.resolve(name);
        this.faults = faults;
    }

    /**
     * The offsets; empty where there is no file.
     *
     * @throws StorageException DAMAGED where the file is not one
     */
    public Map<PartitionName, Long> read() {
        Map<PartitionName, Long> offsets = new TreeMap<>();
        for (String line : CheckpointFile.read(path)) {
            String[] fields = CheckpointFile.fields(path, line, 3);
            PartitionName name = PartitionName.parse(fields[0] + "-" + fields[1]);
            if (name == null) {
                throw StorageException.damaged(path, -1, "malformed line of the checkpoint: " + line);
            }
            offsets.put(name, CheckpointFile.number(path, fields[2]));
        }
        return offsets;
    }

    /** Replaces the file. */
    public void write(Map<PartitionName, Long> offsets) {
        List<String> lines = new ArrayList<>(offsets.size());
        offsets.forEach((name, offset) -> lines.add(name.topic() + " " + name.partition() + " " + offset));
        CheckpointFile.write(path, lines, faults);
    }
}
