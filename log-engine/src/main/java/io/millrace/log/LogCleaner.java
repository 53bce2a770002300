package io.millrace.log;

import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.compact.CleanerSettings;
import io.millrace.log.compact.CleaningAbortedException;
import io.millrace.log.compact.CleaningReport;
import io.millrace.log.compact.IoThrottle;
import io.millrace.log.compact.RecordCodec;
import io.millrace.mapped.StorageException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Compacts the logs of some data directories in the background: always the one with the largest part that was never cleaned, of those
 * where that part is large enough ({@code min.cleanable.dirty.ratio}) or old enough ({@code max.compaction.lag.ms}).
 *
 * <p>Threads {@code millrace-cleaner-*}, {@code log.cleaner.threads} of them, daemons. They share one limit of bytes a second. Other
 * settings take effect at once: the threads of the old ones give up what they are at, and others begin.
 *
 * <p>Whoever starts it closes it, before the directories. Every method from any thread.
 */
public final class LogCleaner implements AutoCloseable {
    private final LogRuntime runtime;
    private final List<LogDirectory> directories;
    private final @Nullable RecordCodec codec;
    private final IoThrottle throttle;
    private final List<BackgroundWorker> workers = new ArrayList<>(); // guarded by this
    /** Directories below the floor of free space, of which that has been told. Guarded by this. */
    private final Set<LogDirectory> withoutRoom = new HashSet<>();

    private volatile CleanerSettings settings;
    private boolean closed; // guarded by this

    private record Candidate(LogDirectory directory, PartitionLog log, CleanableRange range) {
        double dirtyRatio() {
            return range.dirtyRatio();
        }
    }

    private LogCleaner(
            CleanerSettings settings, @Nullable RecordCodec codec, LogRuntime runtime, List<LogDirectory> directories) {
        this.settings = settings;
        this.codec = codec;
        this.runtime = runtime;
        this.directories = List.copyOf(directories);
        throttle = new IoThrottle(settings.ioBytesPerSecond(), runtime.clock()::nanos);
    }

    /**
     * Starts the threads, none where the settings say so.
     *
     * @param codec for logs with compressed batches; without one those are left alone, and the listener hears so
     */
    public static LogCleaner start(
            CleanerSettings settings, @Nullable RecordCodec codec, LogRuntime runtime, List<LogDirectory> directories) {
        LogCleaner cleaner = new LogCleaner(settings, codec, runtime, directories);
        cleaner.startWorkers();
        return cleaner;
    }

    private synchronized void startWorkers() {
        if (closed || !settings.enabled()) {
            return;
        }
        for (int i = 0; i < settings.threads(); i++) {
            workers.add(worker("millrace-cleaner-" + i));
        }
    }

    /** Takes other settings. */
    public synchronized void reconfigure(CleanerSettings newSettings) {
        if (newSettings.equals(settings)) {
            return;
        }
        settings = newSettings;
        throttle.rate(newSettings.ioBytesPerSecond());
        workers.forEach(BackgroundWorker::stop);
        workers.clear();
        startWorkers();
    }

    /** The settings now. */
    public CleanerSettings settings() {
        return settings;
    }

    /**
     * Cleans on this thread whatever is due, log by log, until nothing is. What the threads are at is left to them.
     *
     * @return how many cleanings were completed
     */
    public int cleanAll() {
        CleanerTools tools = new CleanerTools(settings, throttle, codec);
        int cleanings = 0;
        while (cleanNext(tools, () -> true)) {
            cleanings++;
        }
        return cleanings;
    }

    /** Cleans the dirtiest log; false where none is due, or it could not be cleaned. */
    private boolean cleanNext(CleanerTools tools, BooleanSupplier running) {
        Candidate chosen = claimDirtiest();
        if (chosen == null) {
            return false;
        }
        LogCompaction compaction = chosen.log().compaction();
        CleaningReport report;
        try {
            report = compaction.clean(chosen.range(), tools, () -> {
                if (!running.getAsBoolean()) {
                    throw new CleaningAbortedException("the cleaner stops");
                }
            });
        } finally {
            compaction.release();
        }
        if (report != null) {
            // Not before the release, which whoever closes the directory may be waiting for.
            chosen.directory()
                    .cleaned(chosen.log(), report.endOffset(), chosen.range().cuts());
        }
        return report != null;
    }

    private synchronized @Nullable Candidate claimDirtiest() {
        List<Candidate> due = new ArrayList<>();
        long nowMs = runtime.clock().millis();
        for (LogDirectory directory : directories) {
            for (PartitionLog log : directory.logs()) {
                PartitionName name = new PartitionName(log.topic(), log.partition());
                CleanableRange range = log.compaction().range(directory.cleanedTo(name), nowMs);
                if (range != null && range.isDue(log.config()) && hasRoom(directory)) {
                    due.add(new Candidate(directory, log, range));
                }
            }
        }
        due.sort(Comparator.comparingDouble(Candidate::dirtyRatio).reversed());
        return due.stream()
                .filter(each -> each.log().compaction().claim())
                .findFirst()
                .orElse(null);
    }

    /** A cleaning writes before it deletes: none is begun below the floor of free space, which is told once. Under the lock. */
    private boolean hasRoom(LogDirectory directory) {
        try {
            runtime.freeSpaceFloor().require(directory.path(), "cleaning");
            withoutRoom.remove(directory);
            return true;
        } catch (StorageException e) {
            if (withoutRoom.add(directory)) {
                runtime.listener().backgroundFailure(directory.path(), e);
            }
            return false;
        }
    }

    /** Stops the threads and waits for what they are at, which they give up. */
    @Override
    public void close() {
        List<BackgroundWorker> stopping;
        synchronized (this) {
            closed = true;
            stopping = List.copyOf(workers);
            workers.clear();
        }
        stopping.forEach(BackgroundWorker::stop);
        stopping.forEach(BackgroundWorker::await);
    }

    /** A thread cleans with tools of its own as long as something is due. */
    private BackgroundWorker worker(String name) {
        CleanerTools tools = new CleanerTools(settings, throttle, codec);
        return BackgroundWorker.start(
                name, runtime.clock(), settings.backoffMs(), running -> attemptNext(tools, running));
    }

    private boolean attemptNext(CleanerTools tools, BooleanSupplier running) {
        try {
            return cleanNext(tools, running);
        } catch (StorageException e) {
            tell(e);
        } catch (RuntimeException | InternalError e) {
            // A bug must not end the thread: all logs would grow unseen.
            tell(new StorageException(StorageException.Kind.IO, "cleaning failed", null, -1, e));
        }
        return false;
    }

    private void tell(StorageException e) {
        runtime.listener().backgroundFailure(directories.get(0).path(), e);
    }
}
