package io.millrace.library;

import io.millrace.log.LogClock;
import io.millrace.log.PartitionLog;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * What tailers of one log are made from: its directory, and its writer where that is in this process. Any thread.
 *
 * @param directory of the partition
 * @param log null in a read-only store
 * @param clock the store's
 * @param forced a saved position is forced to the disk
 * @param namesInUse of the tailers that are open
 */
record LogSource(Path directory, @Nullable PartitionLog log, LogClock clock, boolean forced, Set<String> namesInUse) {
    static LogSource of(PartitionLog log, LogClock clock, boolean forced) {
        return new LogSource(log.directory(), log, clock, forced, ConcurrentHashMap.newKeySet());
    }

    static LogSource readOnly(Path directory, LogClock clock) {
        return new LogSource(directory, null, clock, false, Set.of());
    }

    BatchTailer batches(IdleStrategy idle, boolean verified) {
        return new BatchTailer(directory, log, clock, idle, verified);
    }

    SavedPosition savedPosition(String name) {
        if (log == null) {
            throw new IllegalStateException("a read-only store writes nothing: the position of a tailer named " + name
                    + " is kept by the program that reads, which passes it to fromOffset");
        }
        SavedPosition.requireLegal(name);
        if (!namesInUse.add(name)) {
            throw new IllegalStateException("a tailer named " + name + " is open on " + directory);
        }
        return new SavedPosition(directory, name, forced, namesInUse);
    }

    /** After a power cut the log may end below what a tailer had read. */
    long clampToEnd(long offset) {
        return log == null ? offset : Math.min(offset, log.logEndOffset());
    }
}
