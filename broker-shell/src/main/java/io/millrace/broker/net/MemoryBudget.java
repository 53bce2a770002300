package io.millrace.broker.net;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The bound on request memory of the whole process ({@code queued.max.request.bytes}). Shared by all listeners; any
 * thread.
 *
 * <p>A frame pays for the memory it has, not for what it announced. Frames above {@link #LARGE_FRAME} may take three
 * quarters of the budget, so that a crowd of large ones leaves room for everybody else's small ones. So that half
 * frames which together fill the budget cannot wait for one another for ever, one frame of each class at a time is
 * privileged and goes on past the bound; its deadline ends it if its client does not.
 *
 * <p>Invariant: used &le; bytesMax + one large frame + {@link #LARGE_FRAME} + one read buffer an event loop.
 */
public final class MemoryBudget {
    /** Bytes; frames above it are large. Kafka's largest message by default, with its envelope, is just above 1 MiB. */
    public static final int LARGE_FRAME = 2 * 1024 * 1024;

    private static final long LEAST = 16L << 20;
    private static final long DEFAULT_LEAST = 64L << 20;
    private static final long DEFAULT_MOST = 1L << 30;

    private final long bytesMax;
    private final long largeBytesMax;
    private final AtomicLong used = new AtomicLong();
    private final AtomicLong usedByLarge = new AtomicLong();
    private final AtomicReference<Share> privilegedSmall = new AtomicReference<>();
    private final AtomicReference<Share> privilegedLarge = new AtomicReference<>();

    /** At most one entry for each connection that waits. */
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    public MemoryBudget(long bytesMax) {
        this.bytesMax = Math.max(LEAST, bytesMax);
        this.largeBytesMax = this.bytesMax / 4 * 3;
    }

    /** A quarter of the direct memory that the JVM grants, between 64 MiB and 1 GiB. */
    public static MemoryBudget ofDirectMemory() {
        long quarter = io.netty.util.internal.PlatformDependent.maxDirectMemory() / 4;
        return new MemoryBudget(Math.min(DEFAULT_MOST, Math.max(DEFAULT_LEAST, quarter)));
    }

    /** The account of one frame. */
    Share open(int announcedBytes) {
        return new Share(announcedBytes > LARGE_FRAME);
    }

    /**
     * Has {@code resume} run after the next release, by the thread that releases. The caller tries once more after this
     * call, because the release may have come just before it.
     */
    void await(Runnable resume) {
        waiting.add(resume);
    }

    /** Bytes held by frames now. */
    public long usedBytes() {
        return used.get();
    }

    public long bytesMax() {
        return bytesMax;
    }

    private static boolean take(AtomicLong pool, long bytes, long max) {
        long before = pool.get();
        while (before + bytes <= max) {
            if (pool.compareAndSet(before, before + bytes)) {
                return true;
            }
            before = pool.get();
        }
        return false;
    }

    private void wakeAll() {
        for (Runnable resume = waiting.poll(); resume != null; resume = waiting.poll()) {
            resume.run();
        }
    }

    /** What one frame holds. Reserved by one event loop; released once, by any thread. */
    final class Share {
        private boolean large;
        private long held;

        private Share(boolean large) {
            this.large = large;
        }

        /** Takes {@code bytes} more; false when the budget is spent and another frame is privileged. */
        boolean reserve(int bytes) {
            if (!takeShared(bytes) && !takePrivileged(bytes)) {
                return false;
            }
            held += bytes;
            return true;
        }

        /** Takes {@code bytes} more though the budget may be spent. For a frame that is under way already. */
        void reserveAnyhow(int bytes) {
            used.addAndGet(bytes);
            if (large) {
                usedByLarge.addAndGet(bytes);
            }
            held += bytes;
        }

        /** Serves another frame; nothing is held. */
        void reopen(int announcedBytes) {
            assert held == 0 : held;
            large = announcedBytes > LARGE_FRAME;
        }

        long held() {
            return held;
        }

        void release() {
            long bytes = held;
            held = 0;
            used.addAndGet(-bytes);
            if (large) {
                usedByLarge.addAndGet(-bytes);
            }
            privileged().compareAndSet(this, null);
            wakeAll();
        }

        private boolean takeShared(long bytes) {
            if (large && !take(usedByLarge, bytes, largeBytesMax)) {
                return false;
            }
            if (take(used, bytes, bytesMax)) {
                return true;
            }
            if (large) {
                usedByLarge.addAndGet(-bytes);
            }
            return false;
        }

        private boolean takePrivileged(long bytes) {
            AtomicReference<Share> token = privileged();
            if (token.get() != this && !token.compareAndSet(null, this)) {
                return false;
            }
            used.addAndGet(bytes);
            if (large) {
                usedByLarge.addAndGet(bytes);
            }
            return true;
        }

        private AtomicReference<Share> privileged() {
            return large ? privilegedLarge : privilegedSmall;
        }
    }
}
