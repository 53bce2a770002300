package io.millrace.perf.powercut;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Hears what a {@link Writer} says in one run: begun by whoever started the run, on a thread of its own, until the run is over. */
final class Acknowledgements {
    private final Thread reader;
    private final CountDownLatch opening = new CountDownLatch(1);
    private final CountDownLatch ready = new CountDownLatch(1);
    private final AtomicLongArray acknowledged;
    private final AtomicLongArray flushed;
    private final LongAdder count = new LongAdder();
    private final LongAdder recycled = new LongAdder();
    private volatile boolean cutting;
    private volatile boolean done;

    Acknowledgements(DataInputStream pipe, int partitions) {
        acknowledged = new AtomicLongArray(partitions);
        flushed = new AtomicLongArray(partitions);
        reader = new Thread(() -> hear(pipe), "acknowledgements");
        reader.setDaemon(true);
        reader.start();
    }

    private void hear(DataInputStream pipe) {
        try {
            while (!done) {
                byte what = pipe.readByte();
                switch (what) {
                    case Writer.OPENING -> opening.countDown();
                    case Writer.READY -> ready.countDown();
                    case Writer.ACKNOWLEDGED -> raise(acknowledged, pipe);
                    case Writer.FLUSHED -> raise(flushed, pipe);
                    case Writer.RECYCLED -> recycled.increment();
                    case Writer.DONE -> done = true;
                    default -> throw new IOException("not a message: " + what);
                }
            }
        } catch (EOFException end) {
            // The process has ended.
        } catch (IOException e) {
            throw new IllegalStateException("pipe of the writer", e);
        } finally {
            opening.countDown();
            ready.countDown();
        }
    }

    private void raise(AtomicLongArray offsets, DataInputStream pipe) throws IOException {
        int partition = pipe.readInt();
        long offset = pipe.readLong();
        if (!cutting) {
            offsets.accumulateAndGet(partition, offset, Math::max);
            count.increment();
        }
    }

    /**
     * The power is about to go: what is said from here on is heard and not believed. A force that is under way while the file system is
     * shut down may be told that it succeeded, since its transaction is taken for committed when the journal has been given up; a
     * machine without power tells nobody anything.
     */
    void cutting() {
        cutting = true;
    }

    /** Waits until the writer is about to open its logs. */
    void awaitOpening(long seconds) throws IOException, InterruptedException {
        await(opening, seconds);
    }

    /** Waits until the writer appends. */
    void awaitReady(long seconds) throws IOException, InterruptedException {
        await(ready, seconds);
    }

    private static void await(CountDownLatch latch, long seconds) throws IOException, InterruptedException {
        if (!latch.await(seconds, TimeUnit.SECONDS)) {
            throw new IOException("the writer did not get so far within " + seconds + " s");
        }
    }

    /** Waits until the run is over and everything that was said in it has been heard; false where that takes too long. */
    boolean awaitEnd(long seconds) throws InterruptedException {
        reader.join(TimeUnit.SECONDS.toMillis(seconds));
        return !reader.isAlive();
    }

    /** The writer said that the run is over: it can be asked for another one. */
    boolean isDone() {
        return done;
    }

    /** Everything below was acknowledged. */
    long acknowledged(int partition) {
        return acknowledged.get(partition);
    }

    /** Everything below was said to be on the disk. */
    long flushed(int partition) {
        return flushed.get(partition);
    }

    /** Number of segments in files that had been used before. */
    long recycled() {
        return recycled.sum();
    }

    /** Number of messages that were believed. */
    long count() {
        return count.sum();
    }
}
