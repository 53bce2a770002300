package io.millrace.broker.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets a long run end well on Ctrl-C or SIGTERM: the shutdown hook asks the run to end and holds the process until it has,
 * or for five seconds.
 */
final class Interrupt implements AutoCloseable {
    private static final long GRACE_SECONDS = 5;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::end, "millrace-interrupt");
    private volatile boolean requested;
    private volatile @Nullable Runnable wakeup;

    private Interrupt() {}

    static Interrupt onSignal() {
        final Interrupt interrupt = new Interrupt();
        Runtime.getRuntime().addShutdownHook(interrupt.hook);
        return interrupt;
    }

    /** What makes the run look at {@link #requested}; called on the hook's thread. */
    void wakes(final Runnable newWakeup) {
        wakeup = newWakeup;
    }

    boolean requested() {
        return requested;
    }

    /** The run has ended; the process may. */
    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (final IllegalStateException e) {
            // The process is ending already, and the hook has been released above.
        }
    }

    private void end() {
        requested = true;
        final Runnable wake = wakeup;
        if (wake != null) {
            wake.run();
        }
        try {
            if (!ended.await(GRACE_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("not ended within " + GRACE_SECONDS + " s");
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
