package io.millrace.perf.powercut;

import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.LogSlice;
import io.millrace.log.PartitionLog;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.batch.RecordCursor;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.mapped.FileFaults;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Opens the logs after a cut and holds every record against what must stand there. Remembers which run wrote which offsets, over all
 * cuts of one file system. Used by one thread.
 */
final class Verifier {
    private static final int READ_BYTES = 1 << 20;

    private final int partitions;
    private final DurabilityMode mode;
    private final Tally tally;
    /** For each partition: from which offset on which run wrote. */
    private final List<TreeMap<Long, Long>> writers = new ArrayList<>();

    private final long[] ends;
    /** The run that was counted last: one is verified again where recovery was cut as well. */
    private final long[] verifiedRun;

    Verifier(int partitions, DurabilityMode mode, Tally tally) {
        this.partitions = partitions;
        this.mode = mode;
        this.tally = tally;
        ends = new long[partitions];
        verifiedRun = new long[partitions];
        for (int partition = 0; partition < partitions; partition++) {
            writers.add(new TreeMap<>());
        }
    }

    /**
     * Opens, reads everything, and closes in order or lets go of the logs as a crash would.
     *
     * @throws Violation where a promise was broken
     */
    void verify(Path directory, long run, Acknowledgements heard, boolean closeInOrder) {
        try (LogRuntime runtime = LogRuntime.start()) {
            DirectoryLock lock = DirectoryLock.acquire(directory, FileFaults.NONE);
            LogDirectory logs =
                    LogDirectory.open(directory, lock, runtime, topic -> mode.config(), 1, LogListener.NONE);
            try {
                Violation.unless(logs.offline().isEmpty(), "run " + run + ": offline: " + logs.offline());
                for (int partition = 0; partition < partitions; partition++) {
                    verify(logs.log(Writer.TOPIC, partition), partition, run, heard);
                }
            } finally {
                if (closeInOrder) {
                    logs.close();
                } else {
                    logs.logs().forEach(PartitionLog::abandon);
                    lock.close();
                }
            }
        }
    }

    private void verify(@Nullable PartitionLog log, int partition, long run, Acknowledgements heard) {
        long before = ends[partition];
        long acknowledged = Math.max(before, heard.acknowledged(partition));
        long claimed = Math.max(before, heard.flushed(partition));
        long end = log == null ? 0 : log.logEndOffset();
        String what = "run " + run + " " + mode + " partition " + partition + ": found " + log + " "
                + (log == null ? "" : log.recovery()) + ", before " + before
                + ", acknowledged " + acknowledged + ", flushed " + claimed;
        Violation.unless(end >= before, "lost what was there before: " + what);
        Violation.unless(end >= claimed, "lost what was said to be on the disk: " + what);
        Violation.unless(mode != DurabilityMode.SYNC || end >= acknowledged, "lost what was acknowledged: " + what);
        if (end > before) {
            writers.get(partition).put(before, run);
        }
        ends[partition] = end;
        long read = log == null ? 0 : readAll(log, partition, what);
        if (run != verifiedRun[partition]) {
            verifiedRun[partition] = run;
            tally.verified(acknowledged - before, Math.max(0, acknowledged - end), read);
        }
    }

    private long readAll(PartitionLog log, int partition, String what) {
        long next = log.logStartOffset();
        long end = log.logEndOffset();
        long read = 0;
        while (next < end) {
            try (LogSlice slice = log.read(next, READ_BYTES, Long.MAX_VALUE, true)) {
                ByteBuffer batches = slice == null ? ByteBuffer.allocate(0) : slice.copy();
                long after = check(batches, next, partition, what);
                Violation.unless(after > next, "nothing can be read at " + next + ": " + what);
                read += after - next;
                next = after;
            }
        }
        Violation.unless(next == end, "records beyond the end: " + what);
        return read;
    }

    /** Checks whole batches; returns the offset after the last one. */
    private long check(ByteBuffer batches, long from, int partition, String what) {
        RecordCursor cursor = new RecordCursor();
        long next = from;
        int at = 0;
        while (batches.limit() - at >= RecordBatchDescriptor.HEADER_SIZE
                && RecordBatchDescriptor.sizeInBytes(batches, at) <= batches.limit() - at) {
            cursor.wrap(batches, at);
            while (cursor.next()) {
                if (cursor.offset() >= from) {
                    Violation.unless(cursor.offset() == next, "a hole at " + next + ": " + what);
                    check(batches, cursor, partition, what);
                    next++;
                }
            }
            at += RecordBatchDescriptor.sizeInBytes(batches, at);
        }
        cursor.release();
        return next;
    }

    private void check(ByteBuffer batches, RecordCursor cursor, int partition, String what) {
        long offset = cursor.offset();
        byte[] found = new byte[Math.max(0, cursor.valueLength())];
        batches.get(cursor.valuePosition(), found);
        Map.Entry<Long, Long> writer = writers.get(partition).floorEntry(offset);
        Violation.unless(writer != null, "offset " + offset + " was never written: " + what);
        if (writer != null) {
            byte[] expected = Content.of(writer.getValue(), partition, offset);
            Violation.unless(
                    Arrays.equals(expected, found),
                    "offset " + offset + " of run " + writer.getValue() + " holds one of run " + Content.run(found)
                            + " with " + found.length + " bytes: " + what);
        }
    }
}
