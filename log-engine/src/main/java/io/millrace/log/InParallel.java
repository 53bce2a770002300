package io.millrace.log;

import io.millrace.mapped.CloseSteps;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/** Does the same to many logs with a few threads, and waits. One that fails does not keep the others from going on. */
final class InParallel {
    private InParallel() {}

    /**
     * Runs {@code action} on every item.
     *
     * @param path where an item lives, for what is reported
     * @return the failures, each by its item
     */
    static <T> Map<T, StorageException> run(
            int threads, String threadName, Collection<T> items, Function<T, Path> path, Consumer<T> action) {
        Map<T, StorageException> failures = new ConcurrentHashMap<>();
        ExecutorService executor = Executors.newFixedThreadPool(Math.max(1, threads), task -> daemon(task, threadName));
        try {
            List<Future<?>> running = new ArrayList<>();
            for (T item : items) {
                running.add(executor.submit(() -> attempt(item, path, action, failures)));
            }
            executor.shutdown();
            await(executor);
            running.forEach(InParallel::rethrow);
        } finally {
            executor.shutdownNow();
        }
        return failures;
    }

    /** An assertion or a lack of memory is not one log's matter: it must not be lost with the thread that met it. */
    private static void rethrow(Future<?> done) {
        try {
            done.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException("a task of the log directory failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // cannot be: it is done
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** What goes wrong inside one log, a bug or a bad page included, takes that log offline and nothing else. */
    private static <T> void attempt(
            T item, Function<T, Path> path, Consumer<T> action, Map<T, StorageException> failures) {
        try {
            action.accept(item);
            CloseSteps.settle(); // the error of a bad page is this item's, and not the next one's
        } catch (StorageException e) {
            failures.put(item, e);
        } catch (RuntimeException | InternalError e) {
            Path file = path.apply(item);
            failures.put(item, new StorageException(StorageException.Kind.IO, "unexpected failure", file, -1, e));
        }
    }

    /** Opening and closing are not given up half way: an interrupt is kept for the caller. */
    private static void await(ExecutorService executor) {
        boolean interrupted = false;
        boolean done = false;
        while (!done) {
            try {
                done = executor.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
