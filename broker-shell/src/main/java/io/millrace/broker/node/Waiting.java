package io.millrace.broker.node;

import io.millrace.broker.kraft.NodeFaults;
import io.millrace.broker.kraft.StartRefusal;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for a step of the start, but no longer than the node can still become something: a fault or a stop ends it.
 *
 * <p>Says what it waits for when that takes long, so that a node without its quorum does not look dead.
 */
final class Waiting {
    private static final Logger LOG = LoggerFactory.getLogger(Waiting.class);
    private static final long REMINDER_SECONDS = 10;

    private final NodeFaults faults;
    private final CompletableFuture<Void> stopping;

    Waiting(NodeFaults faults, CompletableFuture<Void> stopping) {
        this.faults = faults;
        this.stopping = stopping;
    }

    /**
     * Returns when {@code awaited} is complete.
     *
     * @param what names it to the operator
     * @throws StartRefusal where it failed, the node had a fault, or it was asked to stop
     */
    void until(String what, CompletableFuture<?> awaited) {
        CompletableFuture<Throwable> fault = faults.fatal();
        CompletableFuture<Object> any = CompletableFuture.anyOf(awaited, fault, stopping);
        try {
            while (!isDone(any)) {
                LOG.warn("still waiting for {}", what);
            }
        } catch (ExecutionException e) {
            throw failed(what, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartRefusal("Interrupted while waiting for " + what, e);
        }
        if (fault.isDone()) {
            throw new StartRefusal("The node failed while waiting for " + what, fault.join());
        }
        if (stopping.isDone()) {
            throw new StartRefusal("Asked to stop while waiting for " + what);
        }
    }

    private static boolean isDone(CompletableFuture<?> any) throws ExecutionException, InterruptedException {
        try {
            any.get(REMINDER_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (CancellationException e) {
            throw new ExecutionException(e);
        }
    }

    private static StartRefusal failed(String what, ExecutionException failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        String why = cause instanceof CancellationException ? "time is up" : cause.toString();
        return new StartRefusal("Gave up waiting for " + what + ": " + why, cause);
    }

    /** Waits for something that never fails. */
    static void forEver(CompletableFuture<Void> done) throws InterruptedException {
        try {
            done.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Waits for something that never fails, for a while; returns whether it has happened. */
    static boolean upTo(Duration bound, CompletableFuture<Void> done) throws InterruptedException {
        try {
            done.get(bound.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
