package io.millrace.broker.schema.store;

import io.millrace.broker.partition.HighWatermarkListener;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.schema.store.RegistryRecord.UnreadableRecordException;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.LogSlice;
import io.millrace.log.PartitionLog;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partition of {@code _schemas} on this node, and how far it has been read into the index.
 *
 * <p>Guarded by the registry's lock. What is read once is not read again while the partition is the same and led in the same
 * term; after a change of either, or where the log has become shorter, the index is built anew.
 */
public final class SchemaLog {
    private static final Logger LOG = LoggerFactory.getLogger(SchemaLog.class);
    private static final int READ_BYTES = 1 << 20;
    private static final long SAFE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);

    private final Supplier<@Nullable Partition> partition;
    private SchemaIndex index = new SchemaIndex();
    private @Nullable Uuid topicId;
    private int leaderEpoch;
    private long nextOffset;
    private long unreadable;

    /** Over the partition where this node has it; the supplier gives null otherwise. */
    public SchemaLog(Supplier<@Nullable Partition> partition) {
        this.partition = partition;
    }

    /** What has been read. Valid until the next {@link #catchUp()}. */
    public SchemaIndex index() {
        return index;
    }

    /** Records that were passed over since the index was begun. */
    public long unreadable() {
        return unreadable;
    }

    /** Whether this node has the partition, as leader or not. */
    public boolean isHere() {
        return partition.get() != null;
    }

    /** Whether this node leads the partition, and so may write. */
    public boolean isLeader() {
        Partition here = partition.get();
        return here != null && here.isLeader();
    }

    /** Whether there is something in the log that the index does not know. */
    public boolean isBehind() {
        Partition here = partition.get();
        if (here == null || !here.isOnline()) {
            return topicId != null && here == null;
        }
        return !isSame(here) || end(here) != nextOffset;
    }

    /** Reads what is new. */
    public void catchUp() {
        Partition here = partition.get();
        if (here == null) {
            reset(null);
            return;
        }
        if (!here.isOnline()) {
            return;
        }
        if (!isSame(here) || end(here) < nextOffset) {
            reset(here);
        }
        PartitionLog log = here.log();
        long end = end(here);
        nextOffset = Math.max(nextOffset, log.logStartOffset());
        while (nextOffset < end) {
            long before = nextOffset;
            read(log, end);
            if (nextOffset == before) {
                return; // compaction may leave the end of a log without a batch
            }
        }
    }

    private boolean isSame(Partition here) {
        return here.topicId().equals(topicId) && here.leaderEpoch() == leaderEpoch;
    }

    /** A leader knows all that it has; another one what is replicated. */
    private static long end(Partition here) {
        return here.isLeader() ? here.log().logEndOffset() : here.log().highWatermark();
    }

    private void reset(@Nullable Partition here) {
        index = new SchemaIndex();
        topicId = here == null ? null : here.topicId();
        leaderEpoch = here == null ? -1 : here.leaderEpoch();
        nextOffset = 0;
        unreadable = 0;
    }

    private void read(PartitionLog log, long end) {
        try (LogSlice slice = log.read(nextOffset, READ_BYTES, end, true)) {
            if (slice == null) {
                return;
            }
            ByteBuffer bytes = ByteBuffer.allocate(slice.length());
            slice.copyTo(bytes);
            for (MutableRecordBatch batch :
                    MemoryRecords.readableRecords(bytes.flip()).batches()) {
                if (!batch.isControlBatch()) {
                    batch.forEach(this::replay);
                }
                nextOffset = Math.max(nextOffset, batch.nextOffset());
            }
        }
    }

    /** A record that cannot be read must not take the others with it. */
    private void replay(Record entry) {
        if (entry.offset() < nextOffset) {
            return;
        }
        try {
            index.apply(RegistryRecord.read(entry.key(), entry.value()));
        } catch (UnreadableRecordException e) {
            unreadable++;
            LOG.warn("_schemas offset={} is passed over: {}", entry.offset(), e.getMessage());
        }
    }

    /**
     * Appends records as one batch, waits until they are as safe as the topic asks, and reads them.
     *
     * @throws StoreException where that was not done; the records may or may not be there
     */
    public void append(List<RegistryRecord> records, long nowMs) throws StoreException {
        Partition here = partition.get();
        if (here == null || !here.isLeader()) {
            throw new StoreException("this node does not lead _schemas");
        }
        AppendResult result = new AppendResult();
        AppendStatus status = here.append(batch(records, nowMs), AppendOrigin.COORDINATOR, result);
        if (status == AppendStatus.TOO_LARGE) {
            throw new StoreException.TooLarge("more than the topic _schemas takes in one record, max.message.bytes="
                    + here.settings().log().maxMessageBytes());
        }
        if (status != AppendStatus.APPENDED) {
            throw new StoreException(
                    "append to _schemas: " + status + (result.message() == null ? "" : ", " + result.message()));
        }
        awaitSafe(here, result.lastOffset() + 1);
        catchUp();
    }

    private static ByteBuffer batch(List<RegistryRecord> records, long nowMs) {
        SimpleRecord[] simple = records.stream()
                .map(each -> new SimpleRecord(nowMs, each.keyBytes(), each.valueBytes()))
                .toArray(SimpleRecord[]::new);
        return MemoryRecords.withRecords(Compression.NONE, simple).buffer();
    }

    private static void awaitSafe(Partition here, long endOffset) throws StoreException {
        CountDownLatch replicated = new CountDownLatch(1);
        HighWatermarkListener listener = offset -> {
            if (offset >= endOffset) {
                replicated.countDown();
            }
        };
        here.addHighWatermarkListener(listener);
        try {
            if (here.settings().log().syncBeforeAck() && !here.log().awaitFlushed(endOffset, SAFE_TIMEOUT_NS)) {
                throw new StoreException("the disk did not take the record in time");
            }
            if (here.log().highWatermark() < endOffset && !replicated.await(SAFE_TIMEOUT_NS, TimeUnit.NANOSECONDS)) {
                throw new StoreException("the replicas of _schemas did not take the record in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException("interrupted while the replicas of _schemas were waited for");
        } finally {
            here.removeHighWatermarkListener(listener);
        }
    }
}
