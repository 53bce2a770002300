package io.millrace.log;

import static io.millrace.log.TestBatches.TIME;
import static io.millrace.log.TestBatches.sized;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Threads that wait for the disk: one forces for all, nobody is forgotten, and an interrupt harms nobody. */
class FlushGroupTest {
    private static final LogConfig CONFIG =
            LogConfig.builder().segmentBytes(10_000).build();
    private static final long FOREVER_NS = Long.MAX_VALUE;

    @TempDir
    private Path temp;

    private final AtomicInteger forces = new AtomicInteger();
    private final AtomicInteger inside = new AtomicInteger();
    private final Thread tester = Thread.currentThread();
    private volatile Thread lastForcing = Thread.currentThread();
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private volatile String forcesFailWith = "";
    private LogRuntime runtime;
    private PartitionLog log;

    @BeforeEach
    void open() {
        FileFaults faults = (operation, file, position, length) -> {
            if (operation == FileFaults.Operation.FORCE && file.toString().endsWith(".log")) {
                force();
            }
        };
        runtime = LogRuntime.start(new TestClock(TIME), LogListener.NONE, faults);
        log = PartitionLog.open(temp.resolve("t-0"), CONFIG, runtime, OpenState.UNKNOWN);
    }

    private void force() throws IOException {
        forces.incrementAndGet();
        lastForcing = Thread.currentThread();
        inside.incrementAndGet();
        if (Thread.currentThread() != tester) {
            await("the gate opens", () -> gate.getCount() == 0); // not by a wait that an interrupt would end
        }
        inside.decrementAndGet();
        if (!forcesFailWith.isEmpty()) {
            throw new IOException(forcesFailWith);
        }
    }

    @AfterEach
    void close() {
        gate.countDown();
        log.close();
        runtime.close();
    }

    private long append() {
        AppendResult result = new AppendResult();
        assertEquals(
                AppendStatus.APPENDED,
                log.appendAsLeader(sized(TIME, 300), 0, AppendOrigin.CLIENT, result),
                () -> String.valueOf(result.message()));
        return result.lastOffset() + 1;
    }

    private interface Wait {
        void run() throws InterruptedException;
    }

    private static CompletableFuture<Thread> start(Wait wait) {
        CompletableFuture<Thread> done = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                wait.run();
                done.complete(Thread.currentThread());
            } catch (InterruptedException | RuntimeException | AssertionError e) {
                done.completeExceptionally(e);
            }
        });
        thread.start();
        return done;
    }

    private static Throwable failureOf(CompletableFuture<?> done) {
        return assertThrows(ExecutionException.class, () -> done.get(30, TimeUnit.SECONDS))
                .getCause();
    }

    /** One thread is inside a force that does not end before the gate opens. */
    private CompletableFuture<Thread> leader() {
        gate = new CountDownLatch(1);
        long end = append();
        CompletableFuture<Thread> leader = start(() -> log.awaitFlushed(end, FOREVER_NS));
        await("a leader forces", () -> inside.get() == 1);
        return leader;
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadlineNs < 0, what);
            LockSupport.parkNanos(10_000);
        }
    }

    @Test
    void whoWaitsAloneForcesItself() throws Exception {
        assertTrue(log.awaitFlushed(append(), FOREVER_NS));
        assertSame(Thread.currentThread(), lastForcing);
        int before = forces.get();
        assertTrue(log.awaitFlushed(1, FOREVER_NS));
        assertEquals(before, forces.get(), "what is on the disk is not forced again");
    }

    @Test
    void whoComesDuringAForceIsServedByTheNextOneTogether() throws Exception {
        CompletableFuture<Thread> leader = leader();
        int before = forces.get();
        List<CompletableFuture<Thread>> followers = new ArrayList<>();
        AtomicInteger appended = new AtomicInteger();
        for (int i = 0; i < 20; i++) {
            followers.add(start(() -> {
                long end = append();
                appended.incrementAndGet();
                log.awaitFlushed(end);
                assertTrue(log.flushedOffset() >= end);
            }));
        }
        await("all have appended", () -> appended.get() == 20);
        gate.countDown();
        leader.get(30, TimeUnit.SECONDS);
        for (CompletableFuture<Thread> follower : followers) {
            follower.get(30, TimeUnit.SECONDS);
        }
        // One segment or two may have rolled meanwhile; and who was slow to join leads once more.
        assertTrue(forces.get() - before <= 10, () -> forces.get() - before + " forces");
    }

    @Test
    void manyThreadsAreNeverAcknowledgedTooEarlyNorForgotten() throws Exception {
        List<CompletableFuture<Thread>> writers = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            boolean patient = i % 2 == 0;
            writers.add(start(() -> {
                for (int n = 0; n < 200; n++) {
                    long end = append();
                    if (patient) {
                        log.awaitFlushed(end);
                    } else {
                        assertTrue(log.awaitFlushed(end, TimeUnit.MINUTES.toNanos(1)));
                    }
                    assertTrue(log.flushedOffset() >= end);
                }
            }));
        }
        for (CompletableFuture<Thread> writer : writers) {
            writer.get(120, TimeUnit.SECONDS);
        }
        assertEquals(3200, log.flushedOffset());
        assertNull(log.failure());
    }

    @Test
    void threadsAndCallbacksAreServedSideBySide() throws Exception {
        CompletableFuture<Thread> leader = leader();
        long end = append();
        CompletableFuture<StorageException> told = new CompletableFuture<>();
        log.onFlushed(end, told::complete);
        CompletableFuture<Thread> follower = start(() -> log.awaitFlushed(end));
        gate.countDown();
        leader.get(30, TimeUnit.SECONDS);
        follower.get(30, TimeUnit.SECONDS);
        assertNull(told.get(30, TimeUnit.SECONDS));
    }

    @Test
    void aFailedForceFailsAllWhoWaitAndTheLogForGood() {
        CompletableFuture<Thread> leader = leader();
        long end = append();
        List<CompletableFuture<Thread>> followers =
                List.of(start(() -> log.awaitFlushed(end)), start(() -> log.awaitFlushed(end, FOREVER_NS)));
        forcesFailWith = "Input/output error";
        gate.countDown();
        assertEquals(StorageException.Kind.IO, ((StorageException) failureOf(leader)).kind());
        for (CompletableFuture<Thread> follower : followers) {
            assertEquals(StorageException.Kind.IO, ((StorageException) failureOf(follower)).kind());
        }
        forcesFailWith = "";
        int before = forces.get();
        assertThrows(StorageException.class, () -> log.awaitFlushed(end));
        assertEquals(before, forces.get(), "a force that failed is not tried again");
        assertEquals(0, log.flushedOffset());
    }

    @Test
    void anInterruptEndsTheWaitOfAFollowerAndNotTheForceOfALeader() throws Exception {
        Thread[] threads = new Thread[2];
        boolean[] kept = new boolean[1];
        gate = new CountDownLatch(1);
        long first = append();
        CompletableFuture<Thread> leader = start(() -> {
            threads[0] = Thread.currentThread();
            assertTrue(log.awaitFlushed(first, FOREVER_NS));
            kept[0] = Thread.interrupted();
        });
        await("a leader forces", () -> inside.get() == 1);
        long second = append();
        CompletableFuture<Thread> follower = start(() -> {
            threads[1] = Thread.currentThread();
            log.awaitFlushed(second, FOREVER_NS);
        });
        await("the follower waits", () -> threads[1] != null && threads[1].getState() == Thread.State.TIMED_WAITING);
        threads[1].interrupt();
        assertEquals(InterruptedException.class, failureOf(follower).getClass());
        threads[0].interrupt();
        gate.countDown();
        leader.get(30, TimeUnit.SECONDS);
        assertTrue(kept[0], "the interrupt is kept");
        assertNull(log.failure());
        assertTrue(log.awaitFlushed(append(), FOREVER_NS));
    }

    @Test
    void aTimeoutEndsAWait() throws Exception {
        CompletableFuture<Thread> leader = leader();
        assertFalse(log.awaitFlushed(append(), TimeUnit.MILLISECONDS.toNanos(1)));
        gate.countDown();
        leader.get(30, TimeUnit.SECONDS);
    }

    @Test
    void whatIsCutAwayWillNeverBeOnTheDisk() throws Exception {
        CompletableFuture<Thread> leader = leader();
        long end = append();
        CompletableFuture<Thread> follower = start(() -> log.awaitFlushed(end));
        log.truncateTo(1);
        gate.countDown();
        leader.get(30, TimeUnit.SECONDS);
        assertEquals(StorageException.Kind.CLOSED, ((StorageException) failureOf(follower)).kind());
        assertTrue(log.awaitFlushed(append(), FOREVER_NS));
    }
}
