package io.millrace.log.segment;

import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.agrona.concurrent.Agent;

/**
 * Makes the pages ahead of every busy log ready, and takes back what idle logs hold. One for the process, driven by one thread.
 *
 * <p>Writers hand in requests and worn windows through a bounded queue and go on; where the queue or the budget is full they simply
 * write through their channel, which is always right and only slower. The budget bounds prepared memory and the number of mappings
 * of all logs together, far below {@code vm.max_map_count}, at which a JVM dies.
 */
public final class PagePreparer implements Agent {
    /** Prepared bytes of all logs together: dirty pages that no append has filled yet. */
    public static final long BUDGET_BYTES = 512L << 20;
    /** Mapped windows of all logs together; the kernel's default limit for a process is 65,530 mappings. */
    public static final int WINDOWS_MAX = 8192;

    private static final int QUEUE_CAPACITY = 32 * 1024;
    private static final int WORK_LIMIT = 16;
    private static final long SWEEP_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    /** A log that has appended nothing for so long gives its windows back. */
    private static final long IDLE_NS = TimeUnit.SECONDS.toNanos(5);

    /** The JDK's: Agrona's queues need a flag to reach the JDK's internals, which a library must not ask for. Cold path. */
    private final ArrayBlockingQueue<Object> queue = new ArrayBlockingQueue<>(QUEUE_CAPACITY);

    private final AtomicLong preparedBytes = new AtomicLong();
    private final AtomicLong windows = new AtomicLong();
    private final List<SegmentWriter> windowed = new ArrayList<>();
    private final Runnable wake;
    private final LongSupplier nanos;
    private volatile boolean closed;
    private long nextSweepNs;

    /**
     * A preparer that runs when somebody drives it.
     *
     * @param nanos monotonic time
     * @param wake wakes the driving thread where it sleeps; cheap when it does not
     */
    public PagePreparer(LongSupplier nanos, Runnable wake) {
        this.nanos = nanos;
        this.wake = wake;
        this.nextSweepNs = nanos.getAsLong() + SWEEP_INTERVAL_NS;
    }

    /** Whether it still takes requests. */
    boolean isUsable() {
        return !closed;
    }

    /** Asks for the next window of this writer; false where the queue is full. Any thread. */
    boolean request(SegmentWriter writer) {
        return offer(writer);
    }

    /** Asks for the files of a log's next segment; false where the queue is full. Any thread. */
    boolean request(NextSegment next) {
        return offer(next);
    }

    private boolean offer(Object work) {
        boolean queued = queue.offer(work);
        if (queued) {
            wake.run();
        }
        return queued;
    }

    /** Takes a mapping over, to unmap it; false where the queue is full or nobody serves it. Any thread. */
    boolean retire(MappedRegion region) {
        return !closed && queue.offer(region);
    }

    /** Unmaps on the calling thread and gives the budget back. */
    void unmap(MappedRegion region) {
        unreserve(Math.min(region.length(), TailPreparation.LEAD_BYTES_MAX));
        region.close();
    }

    /** Whether a tail may be mapped that keeps so many bytes ready; the caller maps it or calls {@link #unreserve}. */
    boolean reserve(int bytes) {
        if (windows.incrementAndGet() > WINDOWS_MAX || preparedBytes.addAndGet(bytes) > BUDGET_BYTES) {
            unreserve(bytes);
            return false;
        }
        return true;
    }

    void unreserve(int bytes) {
        preparedBytes.addAndGet(-bytes);
        windows.decrementAndGet();
    }

    /** Bytes prepared or in use by windows now. */
    public long preparedBytes() {
        return preparedBytes.get();
    }

    /** Mapped windows now. */
    public long windows() {
        return windows.get();
    }

    /** Whether something waits to be done: asked by the idle strategy before it sleeps. */
    public boolean hasWork() {
        return !queue.isEmpty();
    }

    /** Whether logs hold windows, so that requests are to be expected. */
    public boolean isWatching() {
        return !windowed.isEmpty();
    }

    @Override
    public int doWork() {
        int work = 0;
        Object item;
        while (work < WORK_LIMIT && (item = queue.poll()) != null) {
            perform(item);
            work++;
        }
        sweepIfDue();
        return work;
    }

    private void perform(Object item) {
        if (item instanceof SegmentWriter writer) {
            if (writer.prepare(nanos.getAsLong())) {
                windowed.add(writer);
            }
        } else if (item instanceof MappedRegion region) {
            unmap(region);
        } else if (item instanceof NextSegment next) {
            next.prepare();
        }
    }

    private void sweepIfDue() {
        long now = nanos.getAsLong();
        if (now - nextSweepNs >= 0) {
            nextSweepNs = now + SWEEP_INTERVAL_NS;
            sweep(now);
        }
    }

    /** A file that cannot be trimmed is told of once, and keeps nobody else from giving back what it holds. */
    private void sweep(long now) {
        StorageException[] failure = new StorageException[1];
        windowed.removeIf(writer -> {
            try {
                return writer.releaseIfIdle(now, IDLE_NS);
            } catch (StorageException e) {
                failure[0] = e;
                return true;
            }
        });
        if (failure[0] != null) {
            throw failure[0];
        }
    }

    @Override
    public void onClose() {
        closed = true;
        Object item;
        while ((item = queue.poll()) != null) {
            if (item instanceof MappedRegion region) {
                unmap(region);
            }
        }
    }

    @Override
    public String roleName() {
        return "millrace-page-preparer";
    }
}
