package io.millrace.log;

import io.millrace.log.segment.PagePreparer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Sleeps while there is nothing to prepare. While logs hold windows it looks in every few milliseconds by itself, so that a busy
 * appender never pays for a wake-up (a system call); when none does it sleeps until it is woken.
 */
final class PreparerIdleStrategy implements IdleStrategy {
    /** Half a window lasts 100 ms: looking in 20 times in that is enough, and costs 0.2 % of a core. */
    private static final long WATCHING_NS = TimeUnit.MILLISECONDS.toNanos(5);
    /** Right after work more is to come: a log that fills its windows. */
    private static final long BUSY_NS = TimeUnit.MICROSECONDS.toNanos(500);

    private static final int BUSY_ROUNDS = 40;
    private static final long ASLEEP_NS = TimeUnit.SECONDS.toNanos(10);

    private @Nullable PagePreparer preparer;
    private volatile @Nullable Thread asleep;
    private volatile boolean closed;
    private int rounds;

    void watch(PagePreparer watched) {
        preparer = watched;
    }

    /** Any thread. */
    void wake() {
        Thread thread = asleep;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    /** No more sleep: the thread is to end. */
    void close() {
        closed = true;
        wake();
    }

    @Override
    public void idle(int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        PagePreparer watched = preparer;
        if (watched != null && watched.isWatching()) {
            LockSupport.parkNanos(this, rounds < BUSY_ROUNDS ? BUSY_NS : WATCHING_NS);
            rounds++;
        } else {
            sleep(watched);
        }
    }

    private void sleep(@Nullable PagePreparer watched) {
        asleep = Thread.currentThread();
        // A request that came before the line above was not followed by a wake-up: look once more.
        if (!closed && (watched == null || !watched.hasWork())) {
            LockSupport.parkNanos(this, ASLEEP_NS);
        }
        asleep = null;
    }

    @Override
    public void reset() {
        rounds = 0;
    }
}
