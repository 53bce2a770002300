package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import io.millrace.log.batch.RecordBatchDescriptor;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An append in the steady state leaves nothing for the collector, whoever appends. */
class PartitionLogAllocTest {
    private static final int WARM_UP = 40_000;
    private static final int ROUNDS = 40;
    private static final int APPENDS = 500;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final AppendResult result = new AppendResult();

    @TempDir
    private Path temp;

    @Test
    void plainAppendAllocatesNothing() {
        assertEquals(0, leastPerRound(TestBatches.batch(System.currentTimeMillis(), "x".repeat(900)), 0));
    }

    @Test
    void idempotentAppendAllocatesNothing() {
        assertEquals(0, leastPerRound(TestBatches.idempotent(7, 0, 0, "x".repeat(900)), 1));
    }

    /** Bytes of the best round: a round in which a window or an index step was handed over has the few bytes of that. */
    private long leastPerRound(ByteBuffer batch, int sequenceStep) {
        LogConfig config =
                LogConfig.builder().timestampBeforeMaxMs(Long.MAX_VALUE).build();
        try (LogRuntime runtime = LogRuntime.start();
                PartitionLog log = PartitionLog.open(temp.resolve("t-0"), config, runtime, OpenState.UNKNOWN)) {
            SequenceBatch each = new SequenceBatch(batch, sequenceStep);
            appendMany(log, each, WARM_UP);
            long least = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                appendMany(log, each, APPENDS);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            return least;
        }
    }

    private void appendMany(PartitionLog log, SequenceBatch batch, int count) {
        for (int i = 0; i < count; i++) {
            AppendStatus status = log.appendAsLeader(batch.next(), 0, AppendOrigin.CLIENT, result);
            if (status != AppendStatus.APPENDED) {
                throw new AssertionError(status + " " + result.message());
            }
        }
    }

    /** One batch again and again, as a client would send it. */
    private static final class SequenceBatch {
        private final ByteBuffer batch;
        private final int step;
        private final CRC32C crc = new CRC32C();
        private int sequence;

        SequenceBatch(ByteBuffer batch, int step) {
            this.batch = batch;
            this.step = step;
        }

        ByteBuffer next() {
            batch.putLong(RecordBatchDescriptor.BASE_OFFSET, 0);
            if (step > 0) {
                batch.putInt(RecordBatchDescriptor.BASE_SEQUENCE, sequence);
                sequence += step;
                int checksum = RecordBatchDescriptor.computeCrc(batch, 0, batch.limit(), crc);
                batch.putInt(RecordBatchDescriptor.CRC, checksum);
            }
            return batch;
        }
    }
}
