package io.millrace.library;

import io.millrace.log.LogClock;
import java.nio.file.Files;
import java.nio.file.Path;

/** A log of a {@link ReadOnlyStore}. It may not exist yet: tailers wait for it. Any thread. */
public final class ReadOnlyLog {
    private final String name;
    private final int partition;
    private final LogSource source;

    ReadOnlyLog(Path storeDirectory, String name, int partition) {
        this.name = name;
        this.partition = partition;
        source = LogSource.readOnly(storeDirectory.resolve(name + "-" + partition), LogClock.SYSTEM);
    }

    /** Its name; for a broker, the topic. */
    public String name() {
        return name;
    }

    /** Its partition. */
    public int partition() {
        return partition;
    }

    /** Where its files are. */
    public Path directory() {
        return source.directory();
    }

    /** Whether its directory is there. */
    public boolean exists() {
        return Files.isDirectory(source.directory());
    }

    /** Begins a tailer: say where it starts, then {@code build()}. It cannot be named, since nothing is written here. */
    public Tailer.Builder tailer() {
        return new Tailer.Builder(source);
    }

    /** Offset of the first record, as the files tell; 0 where there are none. */
    public long logStart() {
        try (BatchTailer batches = tailer().fromEarliest().buildBatches()) {
            return batches.nextOffset();
        }
    }

    /** The offset behind the last whole batch, found by a look at the end of the files; 0 where there are none. */
    public long logEnd() {
        try (BatchTailer batches = tailer().fromLatest().buildBatches()) {
            return batches.nextOffset();
        }
    }
}
