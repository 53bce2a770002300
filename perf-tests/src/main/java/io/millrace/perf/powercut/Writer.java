package io.millrace.perf.powercut;

import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.HousekeepingIntervals;
import io.millrace.log.LogClock;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.PartitionLog;
import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/**
 * The process whose power is cut: appends to several partitions as fast as it can, one thread each, and writes every acknowledgement to
 * its standard output. When its logs have failed it lets go of them, says so, and waits for the number of the next run on its standard
 * input; it ends with that.
 *
 * <p>Arguments: directory, partitions, mode.
 */
public final class Writer {
    /** About to open the logs. */
    static final byte OPENING = 'o';
    /** The logs are open; the appends begin. */
    static final byte READY = 'r';
    /** {@code <partition int32> <offset int64>}: everything below is acknowledged. */
    static final byte ACKNOWLEDGED = 'a';
    /** {@code <partition int32> <offset int64>}: the log says that everything below is on the disk. */
    static final byte FLUSHED = 'f';
    /** A segment was begun in the file of one that had expired. */
    static final byte RECYCLED = 'c';
    /** All logs have failed and are let go of. */
    static final byte DONE = 'd';

    static final String TOPIC = "cut";
    static final long TOPIC_ID = 11;

    private static final int IN_FLIGHT_MAX = 32;
    private static final int RECORDS_MAX = 6;
    /** Where nobody waits for the disk, the file system would be full within seconds. */
    private static final long PAUSE_NS = 100_000;
    /** Retention and checkpoints in each round, so that they are cut as well. */
    private static final HousekeepingIntervals INTERVALS = new HousekeepingIntervals(200, 200, 200, 200, 200);

    private final DataOutputStream pipe = new DataOutputStream(new FileOutputStream(FileDescriptor.out));
    private final DurabilityMode mode;
    private long run;

    private Writer(DurabilityMode mode) {
        this.mode = mode;
    }

    /** The process. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        int partitions = Integer.parseInt(arguments[1]);
        Writer writer = new Writer(DurabilityMode.of(arguments[2]));
        DataInputStream commands = new DataInputStream(System.in);
        while (true) {
            try {
                writer.run = commands.readLong();
            } catch (EOFException end) {
                return;
            }
            writer.write(directory, partitions);
            writer.tell(DONE);
        }
    }

    private void write(Path directory, int partitions) throws IOException, InterruptedException {
        tell(OPENING);
        try (LogRuntime runtime = LogRuntime.start(LogClock.SYSTEM, LogListener.NONE, new Recycling())) {
            StorageFile.createDirectories(directory, FileFaults.NONE);
            DirectoryLock lock = DirectoryLock.acquire(directory, FileFaults.NONE);
            LogDirectory logs =
                    LogDirectory.open(directory, lock, runtime, topic -> mode.config(), 1, INTERVALS, LogListener.NONE);
            try {
                appendAll(logs, partitions);
            } finally {
                logs.logs().forEach(PartitionLog::abandon);
                lock.close();
            }
        } catch (StorageException cutWhileOpening) {
            // The power went before the logs were open.
        }
    }

    private void appendAll(LogDirectory logs, int partitions) throws IOException, InterruptedException {
        List<Thread> appenders = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            int number = partition;
            PartitionLog log = logs.create(TOPIC, partition, TOPIC_ID, TOPIC_ID, mode.config());
            appenders.add(new Thread(() -> append(log, number), "appender-" + partition));
        }
        tell(READY);
        appenders.forEach(Thread::start);
        for (Thread appender : appenders) {
            appender.join();
        }
    }

    private void append(PartitionLog log, int partition) {
        Random random = new Random(run * 31 + partition);
        RecordBatchBuilder builder = new RecordBatchBuilder();
        AppendResult result = new AppendResult();
        Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
        long flushed = 0;
        while (true) {
            long end = log.logEndOffset();
            long next = end + 1 + random.nextInt(RECORDS_MAX);
            builder.reset();
            for (long offset = end; offset < next; offset++) {
                builder.add(System.currentTimeMillis(), null, Content.of(run, partition, offset));
            }
            AppendStatus status = log.appendAsLeader(builder.build(), 0, AppendOrigin.CLIENT, result);
            if (status != AppendStatus.APPENDED) {
                return;
            }
            log.advanceHighWatermark(next);
            acknowledge(log, partition, next, inFlight);
            // Not the flushed offset, which moves on with the log start over records that were deleted before they were
            // forced.
            long synced = log.recoveryPoint();
            if (synced > flushed) {
                flushed = synced;
                tell(FLUSHED, partition, flushed);
            }
        }
    }

    private void acknowledge(PartitionLog log, int partition, long end, Semaphore inFlight) {
        if (mode != DurabilityMode.SYNC) {
            tell(ACKNOWLEDGED, partition, end);
            LockSupport.parkNanos(PAUSE_NS);
            return;
        }
        inFlight.acquireUninterruptibly();
        log.onFlushed(end, failure -> {
            inFlight.release();
            if (failure == null) {
                tell(ACKNOWLEDGED, partition, end);
            }
        });
    }

    /** Tells of expired files that become the next segments. */
    private final class Recycling implements FileFaults {
        @Override
        public void before(Operation operation, Path file, long position, long length) {}

        @Override
        public void beforeRename(Path from, Path to) throws IOException {
            boolean wasSegment = SegmentFiles.beginsWithOffset(String.valueOf(from.getFileName()));
            if (wasSegment
                    && from.toString().endsWith(SegmentFiles.DELETED)
                    && to.toString().endsWith(SegmentFiles.LOG)) {
                tell(RECYCLED);
            }
        }
    }

    private synchronized void tell(byte what) throws IOException {
        pipe.writeByte(what);
        pipe.flush();
    }

    /** One message is one write to the pipe: a kill leaves whole ones. */
    private void tell(byte what, int partition, long offset) {
        byte[] message = new byte[1 + Integer.BYTES + Long.BYTES];
        ByteBuffer.wrap(message).put(what).putInt(partition).putLong(offset);
        synchronized (this) {
            try {
                pipe.write(message);
                pipe.flush();
            } catch (IOException e) {
                Runtime.getRuntime().halt(1); // nobody listens
            }
        }
    }
}
