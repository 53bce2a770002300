package io.millrace.log;

import io.millrace.log.LogDirectory.NewLog;
import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.mapped.FileSystemSync;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * Makes the directories of many new partitions, each with its topic id, so that all of them are on the disk at the end and a loss of
 * power before leaves none with half an id.
 *
 * <p>Up to {@value #TOGETHER_MIN} of them are forced one by one, many side by side; more are forced together, all ids and then all their
 * names. Used once, by one thread.
 */
final class NewPartitions {
    /** A force of the whole file system costs what is dirty on it, of whomever: for fewer partitions than these it is not asked for. */
    static final int TOGETHER_MIN = 256;
    /** They wait for the disk, whose journal commits serve several of them at once. */
    static final int THREADS = 16;

    private final Path dataDirectory;
    private final LogRuntime runtime;

    NewPartitions(Path dataDirectory, LogRuntime runtime) {
        this.dataDirectory = dataDirectory;
        this.runtime = runtime;
    }

    /**
     * Makes the directories.
     *
     * @return those that could be made; the logs in them may be opened
     * @throws StorageException where they could be made, and could not be forced together
     */
    List<NewLog> make(List<NewLog> wanted) {
        if (wanted.size() >= TOGETHER_MIN) {
            try (FileSystemSync sync = FileSystemSync.begin(dataDirectory)) {
                if (sync != null) {
                    return makeTogether(wanted, sync);
                }
            }
        }
        List<NewLog> made = inParallel(wanted, this::makeOne);
        StorageFile.forceDirectory(dataDirectory, runtime.faults());
        return made;
    }

    private void makeOne(NewLog wanted) {
        Path directory = path(wanted);
        StorageFile.createDirectories(directory, runtime.faults());
        metadata(wanted).write(directory, runtime.faults());
    }

    private List<NewLog> makeTogether(List<NewLog> wanted, FileSystemSync sync) {
        Queue<Path> changed = new ConcurrentLinkedQueue<>();
        List<NewLog> staged = inParallel(wanted, each -> {
            Path directory = path(each);
            StorageFile.createDirectories(directory, runtime.faults());
            changed.add(metadata(each).stage(directory, runtime.faults()));
            changed.add(directory);
        });
        changed.add(dataDirectory);
        sync.force(changed, runtime.faults());
        List<NewLog> made = inParallel(staged, each -> PartitionMetadata.adoptStaged(path(each), runtime.faults()));
        sync.force(made.stream().map(this::path).toList(), runtime.faults());
        return made;
    }

    /** Does it to all, and returns those for which it worked. */
    private List<NewLog> inParallel(Collection<NewLog> logs, Consumer<NewLog> action) {
        Map<NewLog, StorageException> failed = InParallel.run(THREADS, "millrace-create", logs, this::path, action);
        List<NewLog> done = new ArrayList<>(logs);
        done.removeIf(failed::containsKey);
        return done;
    }

    private Path path(NewLog log) {
        return dataDirectory.resolve(log.name().directoryName());
    }

    private static PartitionMetadata metadata(NewLog log) {
        return new PartitionMetadata(log.topicIdMsb(), log.topicIdLsb());
    }
}
