package io.millrace.log.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class BatchValidatorAllocTest {
    private static final int ROUNDS = 20_000;

    @Test
    void checkingBatchAndRecordsAllocatesNothing() {
        BatchValidator validator = new BatchValidator();
        RecordRules rules = new RecordRules(true, false, Long.MAX_VALUE, Long.MAX_VALUE);
        ByteBuffer heap = new RecordBatchBuilder()
                .add(1, new byte[10], new byte[100])
                .add(2, new byte[10], new byte[100])
                .build();
        ByteBuffer direct =
                ByteBuffer.allocateDirect(heap.limit()).put(heap.duplicate()).flip();
        round(validator, rules, heap, direct);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        round(validator, rules, heap, direct);
        long allocated = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        assertTrue(allocated < ROUNDS, "bytes for " + ROUNDS + " rounds: " + allocated);
    }

    private static void round(BatchValidator validator, RecordRules rules, ByteBuffer heap, ByteBuffer direct) {
        for (int i = 0; i < ROUNDS; i++) {
            ByteBuffer batch = (i & 1) == 0 ? heap : direct;
            assertEquals(BatchVerdict.VALID, validator.checkFromClient(batch, 0, batch.limit()));
            assertEquals(BatchVerdict.VALID, validator.checkRecords(batch, 0, rules, 5));
            RecordBatchDescriptor.setMaxTimestamp(batch, 0, true, i, validator.scratch());
            RecordBatchDescriptor.setMaxTimestamp(batch, 0, false, 2, validator.scratch());
        }
    }
}
