package io.millrace.broker.request.fetch;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.ProgressListener;
import io.millrace.broker.request.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One fetch request from its first read to its answer. When the read gives less than the client's minimum, the attempt
 * waits with each of its partitions and reads again when enough bytes have become readable, at latest when the client's
 * time is over. Everything runs on the connection's event loop but {@link #onProgress}, which only counts and wakes.
 *
 * <p>Invariant: {@code read} holds slices only between a read and the answer that takes them, never while waiting.
 */
final class FetchAttempt implements ProgressListener {
    private static final Logger LOG = LoggerFactory.getLogger(FetchAttempt.class);

    /** Of one partition in one answer, unless the client waits for more: what is looked for in memory, and read ahead. */
    private static final int PARTITION_BYTES_MOST = 8 << 20;

    private final Request request;
    private final FetchHandler handler;
    private final FetchContext context;
    private final FetchRole role;
    private final int minBytes;
    private final int maxBytes;
    private final int partitionBytesMost;
    private final int maxWaitMs;

    private final AtomicLong missingBytes = new AtomicLong();
    private final AtomicBoolean wakeDue = new AtomicBoolean();

    private List<FetchedPartition> read = List.of();
    private boolean waiting;
    private long waitingSinceNs;
    private boolean ended;
    private @Nullable Future<?> timer;

    FetchAttempt(Request request, FetchHandler handler, FetchContext context, FetchRole role) {
        FetchRequestData data = request.data(FetchRequestData.class);
        this.request = request;
        this.handler = handler;
        this.context = context;
        this.role = role;
        this.maxBytes = role.isClient() ? Math.min(data.maxBytes(), handler.fetchBytesMax(request)) : data.maxBytes();
        this.minBytes = Math.min(data.minBytes(), maxBytes);
        this.partitionBytesMost = Math.max(PARTITION_BYTES_MOST, minBytes);
        this.maxWaitMs = data.maxWaitMs();
    }

    /** Reads at once what is in memory; what is not is read by others before. */
    void begin() {
        List<ReadAheadPool.Stretch> missing = missing();
        if (missing.isEmpty()) {
            readFirst();
        } else {
            handler.readAhead().load(request, missing, this::readFirst);
        }
    }

    private List<ReadAheadPool.Stretch> missing() {
        List<ReadAheadPool.Stretch> missing = List.of();
        long nowNs = System.nanoTime();
        int left = maxBytes;
        for (FetchEntry entry : context.entries()) {
            int bytes = Math.min(Math.min(entry.maxBytes(), left), partitionBytesMost);
            ReadAheadPool.Stretch stretch = bytes > 0 ? handler.reader().missing(entry, bytes, nowNs) : null;
            if (stretch != null) {
                missing = missing.isEmpty() ? new ArrayList<>() : missing;
                missing.add(stretch);
                left -= bytes;
            }
        }
        return missing;
    }

    /** The first read; answers, or begins to wait. */
    private void readFirst() {
        boolean enough = readAll(false);
        if (enough || maxWaitMs <= 0 || context.entries().isEmpty()) {
            answer();
        } else {
            await();
        }
    }

    /** More has become readable; any thread. */
    @Override
    public void onProgress(Partition partition, long newBytes) {
        boolean enough = newBytes == UNKNOWN_BYTES || missingBytes.addAndGet(-newBytes) <= 0;
        if (enough) {
            wake();
        }
    }

    private void wake() {
        if (wakeDue.compareAndSet(false, true)) {
            try {
                request.loop().execute(this::readAgain);
            } catch (RejectedExecutionException e) {
                LOG.debug("event loop has ended request={}", request);
            }
        }
    }

    // Reading

    /** Reads every partition; true when there is enough, or something that the client must hear of at once. */
    private boolean readAll(boolean again) {
        List<FetchedPartition> rows = new ArrayList<>(context.entries().size());
        read = rows;
        int left = maxBytes;
        long bytes = 0;
        boolean tellAtOnce = false;
        for (FetchEntry entry : context.entries()) {
            int most = Math.min(Math.min(entry.maxBytes(), left), partitionBytesMost);
            FetchedPartition row = role.read(entry, most, bytes == 0, again);
            rows.add(row);
            bytes += row.bytes();
            left = Math.max(0, left - row.bytes());
            tellAtOnce |= row.isError() || row.isElsewhere() || row.isDiverging();
        }
        missingBytes.set(minBytes - bytes);
        return tellAtOnce || bytes >= minBytes;
    }

    private void readAgain() {
        if (ended) {
            return;
        }
        wakeDue.set(false); // before the read: what moves after it wakes again
        if (readAll(true)) {
            answer();
        } else {
            discard();
        }
    }

    // Waiting

    private void await() {
        waiting = true;
        waitingSinceNs = System.nanoTime();
        discard();
        timer = request.loop().schedule(this::expire, maxWaitMs, TimeUnit.MILLISECONDS);
        request.onDisconnect(this::abandon);
        for (FetchedPartition row : read) {
            Partition partition = row.partition();
            if (partition != null) {
                role.listen(partition, this);
            }
        }
        if (movedSinceRead()) {
            wake();
        }
    }

    /** Whether a partition moved, or was lost, between the read and the moment its listener was added. */
    private boolean movedSinceRead() {
        for (FetchedPartition row : read) {
            Partition partition = row.partition();
            if (partition != null
                    && (!partition.isOnline()
                            || !role.mayRead(partition, row.entry().currentLeaderEpoch())
                            || role.hasMoved(partition, row))) {
                return true;
            }
        }
        return false;
    }

    private void expire() {
        if (!ended) {
            readAll(true);
            answer();
        }
    }

    private void abandon() {
        if (!ended) {
            end();
            request.respondNothing();
        }
    }

    private void discard() {
        read.forEach(FetchedPartition::discard);
    }

    // Answering

    private void answer() {
        end();
        boolean limited = role.isClient() && handler.quotas().limitsFetch();
        int throttleMs = limited ? handler.quotas().fetched(request, bytes()) : 0;
        if (throttleMs > 0) {
            discard();
            request.throttle(throttleMs);
            request.respond(
                    new FetchResponseData().setThrottleTimeMs(throttleMs).setSessionId(context.sessionIdOfThrottled()));
            return;
        }
        if (role.isClient()) {
            countServed();
        }
        request.respond(handler.response(request, context, read));
    }

    private void countServed() {
        for (FetchedPartition row : read) {
            Partition partition = row.partition();
            if (partition != null && row.bytes() > 0) {
                partition.served(row.bytes());
            }
        }
    }

    private long bytes() {
        return read.stream().mapToLong(FetchedPartition::bytes).sum();
    }

    private void end() {
        ended = true;
        if (!waiting) {
            return;
        }
        request.times().idle(System.nanoTime() - waitingSinceNs);
        if (timer != null) {
            timer.cancel(false);
        }
        for (FetchedPartition row : read) {
            Partition partition = row.partition();
            if (partition != null) {
                role.stopListening(partition, this);
            }
        }
    }
}
