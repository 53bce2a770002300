package io.millrace.log.scrub;

import io.millrace.log.checkpoint.CheckpointFile;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * {@code millrace.scrub} of a data directory: how far the pass has come, so that a node that is restarted every night reads the last
 * segment as often as the first. A {@link CheckpointFile}:
 *
 * <pre>
 *  0                     version
 *  3                     count of the lines that follow
 *  started 1732280000000 milliseconds since the epoch, when the pass began
 *  at orders 0 4711      topic, partition, base offset of the last segment that was read; left out where the pass is over
 *  damaged orders 1 99   a segment that is not what was written: read again first of all after a restart; one line each
 * </pre>
 *
 * <p>What a crash may leave is an older state, from which the pass goes on. A file that cannot be read is as good as none: a pass begins.
 *
 * @param startedMs when the pass began
 * @param at the last segment that was read, null where the pass is over
 * @param damaged what was found
 */
public record ScrubCheckpoint(long startedMs, @Nullable ScrubPlace at, Set<ScrubPlace> damaged) {
    /** Name of the file. */
    public static final String FILE = "millrace.scrub";

    private static final String STARTED = "started";
    private static final String AT = "at";
    private static final String DAMAGED = "damaged";

    /** Copies. */
    public ScrubCheckpoint {
        damaged = Set.copyOf(damaged);
    }

    /**
     * What the file of a data directory says.
     *
     * @return null where there is none
     * @throws StorageException DAMAGED where it is not one
     */
    public static @Nullable ScrubCheckpoint read(Path dataDirectory) {
        Path path = dataDirectory.resolve(FILE);
        List<String> lines = CheckpointFile.read(path);
        if (lines.isEmpty()) {
            return null;
        }
        long started = -1;
        ScrubPlace at = null;
        Set<ScrubPlace> damaged = new TreeSet<>();
        for (String line : lines) {
            switch (line.substring(0, Math.max(0, line.indexOf(' ')))) {
                case STARTED -> started = CheckpointFile.number(path, CheckpointFile.fields(path, line, 2)[1]);
                case AT -> at = place(path, line);
                case DAMAGED -> damaged.add(place(path, line));
                default -> throw StorageException.damaged(path, -1, "malformed line of the checkpoint: " + line);
            }
        }
        if (started < 0) {
            throw StorageException.damaged(path, -1, "checkpoint does not say when the pass began");
        }
        return new ScrubCheckpoint(started, at, damaged);
    }

    private static ScrubPlace place(Path path, String line) {
        String[] fields = CheckpointFile.fields(path, line, 4);
        PartitionName partition = PartitionName.parse(fields[1] + "-" + fields[2]);
        if (partition == null) {
            throw StorageException.damaged(path, -1, "malformed line of the checkpoint: " + line);
        }
        return new ScrubPlace(partition, CheckpointFile.number(path, fields[3]));
    }

    /** Replaces the file. */
    public void write(Path dataDirectory, FileFaults faults) {
        List<String> lines = new ArrayList<>();
        lines.add(STARTED + " " + startedMs);
        if (at != null) {
            lines.add(line(AT, at));
        }
        new TreeSet<>(damaged).forEach(each -> lines.add(line(DAMAGED, each)));
        CheckpointFile.write(dataDirectory.resolve(FILE), lines, faults);
    }

    private static String line(String what, ScrubPlace place) {
        PartitionName name = place.partition();
        return what + " " + name.topic() + " " + name.partition() + " " + place.baseOffset();
    }
}
