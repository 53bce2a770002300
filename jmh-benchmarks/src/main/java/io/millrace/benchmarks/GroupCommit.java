package io.millrace.benchmarks;

import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.FlushCallback;
import io.millrace.log.LogConfig;
import io.millrace.log.LogRuntime;
import io.millrace.log.OpenState;
import io.millrace.log.PartitionLog;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How many appends of 1 KiB a second are on the disk before they are acknowledged, with one and with many writers who wait? Beside one
 * write and one sync for each append. Writers are threads, each of which has to be woken, or callbacks, as the requests of a broker are.
 *
 * <pre>
 *   java -jar benchmarks.jar group-commit seconds=5 rounds=3 writers=1,64 callbacks=64
 * </pre>
 */
final class GroupCommit {
    private GroupCommit() {}

    static void run(List<String> arguments) throws IOException, InterruptedException {
        Options options = new Options(arguments, "seconds", "5", "rounds", "3", "writers", "1,64", "callbacks", "64");
        for (int round = 1; round <= options.number("rounds"); round++) {
            options.result(line("one sync an append", 1, round, eachAlone(options.number("seconds"))));
            for (String writers : options.list("writers")) {
                int count = Integer.parseInt(writers);
                options.result(line("group commit", count, round, together(count, options.number("seconds"))));
            }
            for (String callbacks : options.list("callbacks")) {
                int count = Integer.parseInt(callbacks);
                double perSecond = byCallback(count, options.number("seconds"));
                options.result(line("group commit by callback", count, round, perSecond));
            }
        }
        options.writeResults();
    }

    private static String line(String what, int writers, int round, double perSecond) {
        return String.format(
                Locale.ROOT,
                "{\"what\":\"%s\",\"writers\":%d,\"round\":%d,\"appendsPerSecond\":%.0f}",
                what,
                writers,
                round,
                perSecond);
    }

    private static double eachAlone(long seconds) throws IOException {
        ByteBuffer batch = Batches.directCopy(Batches.of("1x1024"));
        try (ScratchDirectory directory = ScratchDirectory.create();
                FileChannel channel = FileChannel.open(
                        directory.resolve("alone.log"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long startNs = System.nanoTime();
            long appends = 0;
            long position = 0;
            while (System.nanoTime() - startNs < TimeUnit.SECONDS.toNanos(seconds)) {
                position += channel.write(batch.rewind(), position);
                channel.force(false);
                appends++;
            }
            return appends * 1e9 / (System.nanoTime() - startNs);
        }
    }

    private static double together(int writers, long seconds) throws IOException, InterruptedException {
        try (ScratchDirectory directory = ScratchDirectory.create();
                LogRuntime runtime = LogRuntime.start();
                PartitionLog log = open(directory.path(), runtime)) {
            AtomicLong appends = new AtomicLong();
            List<Thread> threads = new ArrayList<>();
            long startNs = System.nanoTime();
            long endNs = startNs + TimeUnit.SECONDS.toNanos(seconds);
            for (int i = 0; i < writers; i++) {
                Thread thread = new Thread(() -> write(log, endNs, appends), "writer-" + i);
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) {
                thread.join();
            }
            return appends.get() * 1e9 / (System.nanoTime() - startNs);
        }
    }

    private static double byCallback(int writers, long seconds) throws IOException, InterruptedException {
        try (ScratchDirectory directory = ScratchDirectory.create();
                LogRuntime runtime = LogRuntime.start();
                PartitionLog log = open(directory.path(), runtime)) {
            AtomicLong appends = new AtomicLong();
            CountDownLatch running = new CountDownLatch(writers);
            long startNs = System.nanoTime();
            long endNs = startNs + TimeUnit.SECONDS.toNanos(seconds);
            for (int i = 0; i < writers; i++) {
                new CallbackWriter(log, endNs, appends, running).append();
            }
            running.await();
            return appends.get() * 1e9 / (System.nanoTime() - startNs);
        }
    }

    /** Appends again when it is told that its last append is on the disk, on the thread that tells it. */
    private static final class CallbackWriter implements FlushCallback {
        private final ByteBuffer batch = Batches.directCopy(Batches.of("1x1024"));
        private final AppendResult result = new AppendResult();
        private final PartitionLog log;
        private final long endNs;
        private final AtomicLong appends;
        private final CountDownLatch running;

        CallbackWriter(PartitionLog log, long endNs, AtomicLong appends, CountDownLatch running) {
            this.log = log;
            this.endNs = endNs;
            this.appends = appends;
            this.running = running;
        }

        void append() {
            batch.putLong(0, 0);
            if (log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result) != AppendStatus.APPENDED) {
                throw new IllegalStateException(result.message());
            }
            log.onFlushed(result.lastOffset() + 1, this);
        }

        @Override
        public void onFlushed(@Nullable StorageException failure) {
            if (failure != null) {
                throw failure;
            }
            appends.incrementAndGet();
            if (System.nanoTime() - endNs < 0) {
                append();
            } else {
                running.countDown();
            }
        }
    }

    private static PartitionLog open(Path directory, LogRuntime runtime) {
        LogConfig config = LogConfig.builder().syncBeforeAck(true).build();
        return PartitionLog.open(directory.resolve("synced-0"), config, runtime, OpenState.UNKNOWN);
    }

    private static void write(PartitionLog log, long endNs, AtomicLong appends) {
        ByteBuffer batch = Batches.directCopy(Batches.of("1x1024"));
        AppendResult result = new AppendResult();
        while (System.nanoTime() - endNs < 0) {
            batch.putLong(0, 0);
            if (log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result) != AppendStatus.APPENDED) {
                throw new IllegalStateException(result.message());
            }
            log.awaitFlushed(result.lastOffset() + 1);
            appends.incrementAndGet();
        }
    }
}
