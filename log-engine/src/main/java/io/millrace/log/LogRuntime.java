package io.millrace.log;

import io.millrace.log.segment.OpenSegments;
import io.millrace.log.segment.PagePreparer;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.AgentRunner;

/**
 * What all logs of a process share: the clock, the listener, and the background agents. Whoever starts it closes it, after its logs.
 *
 * <ul>
 *   <li>the <i>page preparer</i>, one thread, makes mapped memory ready ahead of busy logs
 *   <li>the <i>sync agents</i>, up to {@value #SYNC_THREADS} threads, force files; a log is with at most one of them, and forces of
 *       several logs at once share the file system's journal commits
 *   <li>the <i>housekeeper</i>, one thread, runs what is due later: retention, removal of deleted files
 * </ul>
 *
 * All are daemons, named {@code millrace-...}.
 */
public final class LogRuntime implements AutoCloseable {
    static final int SYNC_THREADS = 4;
    /** How often segments are looked for that may be parked. */
    private static final long SWEEP_PERIOD_MS = 1_000;

    private static final long IDLE_THREAD_SECONDS = 30;
    private static final long CLOSE_WAIT_SECONDS = 60;

    private final LogClock clock;
    private final LogListener listener;
    private final FileFaults faults;
    private final FreeSpaceFloor floor;
    private final PreparerIdleStrategy idleStrategy = new PreparerIdleStrategy();
    private final PagePreparer preparer;
    private final OpenSegments openSegments;
    private final AgentRunner preparerRunner;
    private final ExecutorService sync;
    private final ScheduledExecutorService housekeeper;
    private final Map<Path, Boolean> mappable = new ConcurrentHashMap<>();

    private LogRuntime(
            LogClock clock,
            LogListener listener,
            FileFaults faults,
            int openSegmentsMax,
            FreeSpaceFloor floor,
            ExecutorService sync,
            ScheduledExecutorService housekeeper) {
        this.floor = floor;
        openSegments = new OpenSegments(openSegmentsMax);
        this.clock = clock;
        this.listener = listener;
        this.faults = faults;
        this.sync = sync;
        this.housekeeper = housekeeper;
        preparer = new PagePreparer(clock::nanos, idleStrategy::wake);
        idleStrategy.watch(preparer);
        preparerRunner = new AgentRunner(idleStrategy, this::agentFailed, null, preparer);
    }

    private static ExecutorService syncAgents() {
        ThreadPoolExecutor agents = new ThreadPoolExecutor(
                SYNC_THREADS,
                SYNC_THREADS,
                IDLE_THREAD_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(), // bounded by the logs: each has at most one flush and one seal a segment
                // in it
                threads("millrace-sync"));
        agents.allowCoreThreadTimeOut(true);
        return agents;
    }

    private static ScheduledExecutorService housekeeper() {
        ScheduledThreadPoolExecutor agent = new ScheduledThreadPoolExecutor(1, threads("millrace-housekeeper"));
        agent.setRemoveOnCancelPolicy(true);
        agent.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return agent;
    }

    /** Starts the agents, with the default floor of free space. */
    public static LogRuntime start(LogClock clock, LogListener listener, FileFaults faults) {
        return start(clock, listener, faults, FreeSpaceFloor.of(FreeSpaceFloor.DEFAULT));
    }

    /** Starts the agents. */
    public static LogRuntime start(LogClock clock, LogListener listener, FileFaults faults, FreeSpaceFloor floor) {
        return start(clock, listener, faults, OpenSegments.SEGMENTS_MAX, floor);
    }

    /**
     * Starts the agents.
     *
     * @param openSegmentsMax so many segments, of all logs together, hold their files open while nobody uses them
     */
    public static LogRuntime start(LogClock clock, LogListener listener, FileFaults faults, int openSegmentsMax) {
        return start(clock, listener, faults, openSegmentsMax, FreeSpaceFloor.of(FreeSpaceFloor.DEFAULT));
    }

    private static LogRuntime start(
            LogClock clock, LogListener listener, FileFaults faults, int openSegmentsMax, FreeSpaceFloor floor) {
        LogRuntime runtime =
                new LogRuntime(clock, listener, faults, openSegmentsMax, floor, syncAgents(), housekeeper());
        ScheduledFuture<?> unused = runtime.every(SWEEP_PERIOD_MS, runtime.openSegments::sweep);
        AgentRunner.startOnThread(runtime.preparerRunner, threads("millrace-page-preparer"));
        return runtime;
    }

    /** Starts the agents with the machine's clock and nobody listening. */
    public static LogRuntime start() {
        return start(LogClock.SYSTEM, LogListener.NONE, FileFaults.NONE);
    }

    /**
     * A runtime without a thread of its own: {@code agents} does what the sync agents and the housekeeper do, and whoever made it
     * drives {@link #preparer()}. For simulations, in which one thread does everything in an order that a seed decides.
     */
    static LogRuntime driven(
            LogClock clock,
            LogListener listener,
            FileFaults faults,
            int openSegmentsMax,
            ScheduledExecutorService agents) {
        LogRuntime runtime =
                new LogRuntime(clock, listener, faults, openSegmentsMax, FreeSpaceFloor.of(0), agents, agents);
        ScheduledFuture<?> unused = runtime.every(SWEEP_PERIOD_MS, runtime.openSegments::sweep);
        return runtime;
    }

    private static ThreadFactory threads(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    private void agentFailed(Throwable failure) {
        if (failure instanceof StorageException storage) {
            Path file = storage.file();
            listener.backgroundFailure(file == null ? Path.of("") : file, storage);
        } else if (failure instanceof Error error) {
            throw error;
        }
    }

    /** The clock. */
    public LogClock clock() {
        return clock;
    }

    /** Who hears of events. */
    public LogListener listener() {
        return listener;
    }

    /** The seam for failures of files. */
    public FileFaults faults() {
        return faults;
    }

    /** Keeps disks from being filled. */
    public FreeSpaceFloor freeSpaceFloor() {
        return floor;
    }

    /** Makes mapped memory ready. */
    public PagePreparer preparer() {
        return preparer;
    }

    /** Bounds what segments hold open. */
    OpenSegments openSegments() {
        return openSegments;
    }

    /** Segments that may hold descriptors and mappings now. */
    public int openSegmentCount() {
        return openSegments.count();
    }

    /** Whether reservations hold in a directory, so that its logs may be appended through mapped memory. */
    boolean isMappable(Path dataDirectory) {
        return mappable.computeIfAbsent(dataDirectory, this::reservationHolds);
    }

    private boolean reservationHolds(Path dataDirectory) {
        boolean holds = StorageFile.reservationHolds(dataDirectory);
        if (!holds) {
            listener.reservationsDoNotHold(dataDirectory);
        }
        return holds;
    }

    /** Runs a task on a sync agent. After the close it runs at once, on the caller's thread. */
    void sync(Runnable task) {
        try {
            sync.execute(task);
        } catch (RejectedExecutionException closed) {
            task.run();
        }
    }

    /** Runs a task, which must not throw, on the housekeeper once, later. Not run where the runtime is closed before. */
    public void schedule(Runnable task, long delayMs) {
        ScheduledFuture<?> unused = housekeeper.schedule(task, delayMs, TimeUnit.MILLISECONDS);
    }

    /** Runs a task on the housekeeper again and again, until the future is cancelled. An exception ends it. */
    public ScheduledFuture<?> every(long periodMs, Runnable task) {
        return housekeeper.scheduleWithFixedDelay(task, periodMs, periodMs, TimeUnit.MILLISECONDS);
    }

    /** Stops the agents: housekeeper, sync agents after what they have begun, preparer. The logs have been closed. */
    @Override
    public void close() {
        housekeeper.shutdownNow();
        await(housekeeper);
        sync.shutdown();
        await(sync);
        idleStrategy.close();
        preparerRunner.close();
    }

    private static void await(ExecutorService executor) {
        try {
            if (!executor.awaitTermination(CLOSE_WAIT_SECONDS, TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
