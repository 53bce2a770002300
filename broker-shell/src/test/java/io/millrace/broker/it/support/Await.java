package io.millrace.broker.it.support;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Bounded waits on conditions. Everything in the integration tests that waits, waits here. Stateless. */
public final class Await {
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private Await() {}

    /** Returns as soon as the condition holds; fails with the sentence and the state when it does not within the bound. */
    public static void until(String what, Duration bound, Supplier<?> state, Callable<Boolean> condition) {
        long deadlineNs = System.nanoTime() + bound.toNanos();
        Exception last = null;
        while (System.nanoTime() < deadlineNs) {
            try {
                if (condition.call()) {
                    return;
                }
                last = null;
            } catch (Exception e) {
                last = e;
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
        throw new AssertionError("not within " + bound.toSeconds() + " s: " + what + "; state: " + state.get(), last);
    }

    public static void until(String what, Duration bound, Callable<Boolean> condition) {
        until(what, bound, () -> "-", condition);
    }
}
