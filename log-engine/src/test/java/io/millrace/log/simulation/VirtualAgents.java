package io.millrace.log.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * The sync agents and the housekeeper, on the thread of the simulation: what they were given waits here until the simulation lets one
 * of them run. Which one runs next is the seed's choice, as it would be the scheduler's.
 */
final class VirtualAgents extends AbstractExecutorService implements ScheduledExecutorService {
    private final SimulatedClock clock;
    private final List<Runnable> ready = new ArrayList<>();
    private final List<Timed> timed = new ArrayList<>();
    private boolean shutdown;

    VirtualAgents(SimulatedClock clock) {
        this.clock = clock;
    }

    /** Something to be done at a time, once or again and again. */
    private final class Timed extends FutureTask<Void> implements ScheduledFuture<Void> {
        private final Runnable task;
        private final long periodMs;
        private long dueMs;

        Timed(Runnable task, long delayMs, long periodMs) {
            super(task, null);
            this.task = task;
            this.periodMs = periodMs;
            this.dueMs = clock.millis() + delayMs;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(dueMs - clock.millis(), TimeUnit.MILLISECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.MILLISECONDS), other.getDelay(TimeUnit.MILLISECONDS));
        }
    }

    boolean hasReady() {
        return !ready.isEmpty();
    }

    /** Lets one of the waiting tasks run. Returns whether there was one. */
    boolean runOne(Random random) {
        if (ready.isEmpty()) {
            return false;
        }
        ready.remove(random.nextInt(ready.size())).run();
        return true;
    }

    /** Runs what is due by the clock: a periodic task once, however many of its periods have gone by. */
    void runDue() {
        for (Timed each : List.copyOf(timed)) {
            if (each.dueMs <= clock.millis() && !each.isCancelled()) {
                if (each.periodMs == 0) {
                    timed.remove(each);
                }
                each.task.run();
                each.dueMs = clock.millis() + each.periodMs;
            }
        }
        timed.removeIf(FutureTask::isCancelled);
    }

    @Override
    public void execute(Runnable task) {
        ready.add(task);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return add(new Timed(task, unit.toMillis(delay), 0));
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initial, long delay, TimeUnit unit) {
        return add(new Timed(task, unit.toMillis(initial), Math.max(1, unit.toMillis(delay))));
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long initial, long period, TimeUnit unit) {
        return scheduleWithFixedDelay(task, initial, period, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException("the engine does not schedule callables");
    }

    private Timed add(Timed task) {
        timed.add(task);
        return task;
    }

    @Override
    public void shutdown() {
        shutdown = true;
        timed.clear();
        while (!ready.isEmpty()) {
            ready.remove(0).run();
        }
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown = true;
        timed.clear();
        List<Runnable> dropped = List.copyOf(ready);
        ready.clear();
        return dropped;
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return shutdown;
    }
}
