package io.millrace.log;

import io.millrace.log.compact.IoThrottle;
import io.millrace.log.scrub.ScrubSettings;
import io.millrace.log.scrub.ScrubStatus;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the sealed segments of some data directories again, each once in an interval and slowly, so that bytes that have gone bad on the
 * disk are found while there is time, and not when somebody needs them. It reads past the page cache: from the disk, and without driving
 * out what others read.
 *
 * <p>Damage takes that log offline as recovery does, with file, position, offset and cause; nothing is cut. Sound segments that nobody
 * keeps header sums of are given them.
 *
 * <p>One thread, {@code millrace-scrubber}, a daemon; it looks at least every ten seconds whether a pass is due. Whoever starts it closes it, before
 * the directories. Every method from any thread.
 */
public final class LogScrubber implements AutoCloseable {
    private static final long LOOK_MS = 10_000;

    private final LogRuntime runtime;
    private final List<DirectoryScrub> directories;
    private final IoThrottle throttle;
    private final @Nullable BackgroundWorker worker;

    private LogScrubber(ScrubSettings settings, LogRuntime runtime, List<LogDirectory> directories, boolean threaded) {
        this.runtime = runtime;
        this.directories = directories.stream()
                .map(each -> new DirectoryScrub(each, runtime, settings.intervalMs()))
                .toList();
        throttle = new IoThrottle(settings.bytesPerSecond(), runtime.clock()::nanos);
        long lookMs = Math.min(LOOK_MS, settings.intervalMs());
        worker = threaded && settings.enabled()
                ? BackgroundWorker.start("millrace-scrubber", runtime.clock(), lookMs, this::work)
                : null;
    }

    /** Starts the thread, unless the settings say that there is none. */
    public static LogScrubber start(ScrubSettings settings, LogRuntime runtime, List<LogDirectory> directories) {
        return new LogScrubber(settings, runtime, directories, true);
    }

    /** Without a thread: {@link #scrubAll} does the work. */
    static LogScrubber driven(ScrubSettings settings, LogRuntime runtime, List<LogDirectory> directories) {
        return new LogScrubber(settings, runtime, directories, false);
    }

    /** Reads on this thread whatever is due; returns how many segments. */
    int scrubAll() {
        int segments = 0;
        while (scrubNext(() -> true)) {
            segments++;
        }
        return segments;
    }

    private boolean work(BooleanSupplier running) {
        try {
            return scrubNext(running);
        } catch (CancellationException stopped) {
            return false;
        } catch (StorageException e) {
            tell(e);
        } catch (RuntimeException | InternalError e) {
            // A bug must not end the thread: nothing would be looked at any more, unseen.
            tell(new StorageException(StorageException.Kind.IO, "scrub failed", null, -1, e));
        }
        return false;
    }

    private void tell(StorageException e) {
        runtime.listener().backgroundFailure(directories.get(0).path(), e);
    }

    private boolean scrubNext(BooleanSupplier running) {
        for (DirectoryScrub each : directories) {
            if (each.scrubNext(bytes -> throttle.pay(bytes, () -> requireRunning(running)))) {
                return true;
            }
        }
        return false;
    }

    private static void requireRunning(BooleanSupplier running) {
        if (!running.getAsBoolean()) {
            throw new CancellationException("the scrubber stops");
        }
    }

    /** Where it stands, by data directory. */
    public Map<Path, ScrubStatus> status() {
        return directories.stream().collect(Collectors.toMap(DirectoryScrub::path, DirectoryScrub::status));
    }

    /** Stops the thread; what has been read is remembered for the next start. */
    @Override
    public void close() {
        if (worker != null) {
            worker.stop();
            worker.await();
        }
        directories.forEach(DirectoryScrub::remember);
    }
}
