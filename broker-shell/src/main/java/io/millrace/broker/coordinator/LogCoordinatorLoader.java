package io.millrace.broker.coordinator;

import io.millrace.broker.partition.Partition;
import io.millrace.log.LogSlice;
import io.millrace.log.PartitionLog;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one partition of an internal topic from its start to its end and replays it into a coordinator.
 *
 * <p>Owned by the coordinator runtime, which closes it. All reading and replaying is done on one daemon thread of this
 * class, one partition after the other; {@link #load} only hands over. A load ends at the log end offset as seen while it
 * runs; the runtime admits no write to the partition before the load's future completes, so the end stands still then.
 *
 * @param <T> the coordinator's record
 */
final class LogCoordinatorLoader<T> implements CoordinatorLoader<T> {
    private static final long CLOSE_TIMEOUT_SECONDS = 10;

    private final Time time;
    private final Function<TopicPartition, @Nullable Partition> partitions;
    private final Deserializer<T> deserializer;
    private final int bufferBytes;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(LogCoordinatorLoader::newThread);

    private volatile boolean closed;

    /**
     * A loader that does nothing until asked to load.
     *
     * @param partitions  the partition by its name, null where this node has none
     * @param bufferBytes how much is read at a time; a single larger batch grows the buffer for that load
     */
    LogCoordinatorLoader(
            Time time,
            Function<TopicPartition, @Nullable Partition> partitions,
            Deserializer<T> deserializer,
            int bufferBytes) {
        this.time = time;
        this.partitions = partitions;
        this.deserializer = deserializer;
        this.bufferBytes = bufferBytes;
    }

    @Override
    public CompletableFuture<LoadSummary> load(TopicPartition tp, CoordinatorPlayback<T> coordinator) {
        CompletableFuture<LoadSummary> future = new CompletableFuture<>();
        long queuedMs = time.milliseconds();
        try {
            executor.execute(() -> run(tp, coordinator, queuedMs, future));
        } catch (RejectedExecutionException e) {
            future.completeExceptionally(new IllegalStateException("The coordinator loader is closed.", e));
        }
        return future;
    }

    private void run(
            TopicPartition tp,
            CoordinatorPlayback<T> coordinator,
            long queuedMs,
            CompletableFuture<LoadSummary> future) {
        try {
            future.complete(replay(tp, coordinator, queuedMs));
        } catch (Throwable e) {
            future.completeExceptionally(e);
        }
    }

    private LoadSummary replay(TopicPartition tp, CoordinatorPlayback<T> coordinator, long queuedMs) {
        long startMs = time.milliseconds();
        Partition partition = leader(tp);
        RecordReplay<T> replay = new RecordReplay<>(tp, partition.log(), deserializer, coordinator);
        readAll(tp, partition, replay);
        leader(tp);
        return new LoadSummary(
                queuedMs, time.milliseconds(), startMs - queuedMs, replay.recordCount(), replay.byteCount());
    }

    private void readAll(TopicPartition tp, Partition partition, RecordReplay<T> replay) {
        PartitionLog log = partition.log();
        ByteBuffer buffer = ByteBuffer.allocate(0);
        long offset = log.logStartOffset();
        while (offset < log.logEndOffset()) {
            checkOpen();
            leader(tp);
            buffer = read(log, offset, buffer);
            long next = replay.replay(MemoryRecords.readableRecords(buffer), offset);
            if (next == offset) {
                return; // Nothing more to read: compaction may leave the end of a log without a batch.
            }
            offset = next;
        }
    }

    /** Returns a buffer, the given one where it is large enough, that holds whole batches from the offset on. */
    private ByteBuffer read(PartitionLog log, long offset, ByteBuffer buffer) {
        try (LogSlice slice = log.read(offset, bufferBytes, log.logEndOffset(), true)) {
            if (slice == null) {
                throw new IllegalStateException("offset=" + offset + " left the log while it was loaded: start="
                        + log.logStartOffset() + " end=" + log.logEndOffset());
            }
            ByteBuffer target = buffer.capacity() >= slice.length()
                    ? buffer.clear()
                    : ByteBuffer.allocate(Math.max(bufferBytes, slice.length()));
            target.limit(slice.length());
            slice.copyTo(target);
            return target.flip();
        }
    }

    private Partition leader(TopicPartition tp) {
        Partition partition = partitions.apply(tp);
        if (partition == null || !partition.isLeader()) {
            throw new NotLeaderOrFollowerException("Could not load " + tp + ": this node does not lead it.");
        }
        return partition;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("The coordinator loader is closed.");
        }
    }

    @Override
    public void close() {
        closed = true;
        executor.shutdown();
        try {
            if (!executor.awaitTermination(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private static Thread newThread(Runnable task) {
        Thread thread = new Thread(task, "millrace-coordinator-loader");
        thread.setDaemon(true);
        return thread;
    }
}
