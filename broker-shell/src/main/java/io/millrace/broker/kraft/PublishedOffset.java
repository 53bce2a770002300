package io.millrace.broker.kraft;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * How far clients of this broker see the metadata log, and who waits until they see further.
 *
 * <p>A client that was told "created" and asks for the topic at once should find it. The controller answers when a change
 * is committed; the answer is held back here until this broker has applied it, but not for longer than a bound. All state
 * is guarded by this.
 */
final class PublishedOffset {
    private static final long WAIT_MAX_MS = 2_000;

    private record Waiter(long offset, CompletableFuture<Void> reached) {}

    private final List<Waiter> waiters = new ArrayList<>();
    private long published = -1;

    /** Clients now see everything up to and including this offset. */
    void advance(long offset) {
        List<Waiter> served = new ArrayList<>();
        synchronized (this) {
            published = offset;
            for (Waiter waiter : waiters) {
                if (waiter.offset() <= offset || waiter.reached().isDone()) {
                    served.add(waiter);
                }
            }
            waiters.removeAll(served);
        }
        served.forEach(waiter -> waiter.reached().complete(null));
    }

    /** Completes, always without an exception, when the offset has been reached or the wait was long enough. */
    CompletableFuture<Void> reached(long offset) {
        CompletableFuture<Void> reached = new CompletableFuture<>();
        synchronized (this) {
            if (offset <= published) {
                return CompletableFuture.completedFuture(null);
            }
            waiters.add(new Waiter(offset, reached));
        }
        return reached.completeOnTimeout(null, WAIT_MAX_MS, TimeUnit.MILLISECONDS);
    }
}
