package io.millrace.benchmarks;

import io.millrace.library.Appender;
import io.millrace.library.LogStore;
import io.millrace.library.ReadOnlyStore;
import io.millrace.library.Tailer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import org.HdrHistogram.Histogram;

/**
 * How long after its append does a tailer see a record, in the same process and in another one? The record carries the monotonic time at
 * which it was due, which all processes of a machine share. The tailer polls without a pause; writer and tailer have a core each. How late the append
 * itself was done is told beside it.
 *
 * <pre>
 *   java -jar benchmarks.jar tail rate=10000 seconds=10 rounds=3 targets=millrace,queue where=same,other
 * </pre>
 */
final class TailLatency {
    private static final int RECORD_BYTES = 1024;
    private static final long END = Long.MIN_VALUE;
    /** Not counted: with two threads that never rest the compilers of a machine with few processors need seconds. */
    private static final int WARM_UP_SECONDS = 6;

    private TailLatency() {}

    static void run(List<String> arguments) throws IOException, InterruptedException {
        Options options = new Options(
                arguments,
                "rate",
                "10000",
                "seconds",
                "10",
                "rounds",
                "3",
                "targets",
                "millrace,queue",
                "where",
                "same,other");
        for (int round = 1; round <= options.number("rounds"); round++) {
            for (String where : options.list("where")) {
                for (String target : options.turns("targets", round)) {
                    options.result(measure(target, where, options.number("rate"), options.number("seconds"), round));
                }
            }
        }
        options.writeResults();
    }

    private static String measure(String target, String where, long rate, long seconds, int round)
            throws IOException, InterruptedException {
        try (ScratchDirectory directory = ScratchDirectory.create();
                Writer writer = target.equals("millrace")
                        ? new LibraryWriter(directory.path())
                        : new QueueWriter(directory.path())) {
            String percentiles = where.equals("same")
                    ? tailedHere(writer, rate, seconds)
                    : tailedByChild(writer, target, directory.path(), rate, seconds);
            return String.format(
                    Locale.ROOT,
                    "{\"target\":\"%s\",\"where\":\"%s\",\"rate\":%d,\"round\":%d,%s}",
                    target,
                    where,
                    rate,
                    round,
                    percentiles);
        }
    }

    private static String tailedHere(Writer writer, long rate, long seconds) throws InterruptedException {
        String[] percentiles = new String[1];
        Thread tailing = new Thread(
                () -> {
                    try (Reader reader = writer.reader()) {
                        percentiles[0] = tail(reader, rate * WARM_UP_SECONDS);
                    }
                },
                "tailer");
        tailing.start();
        String appended = write(writer, rate, seconds);
        tailing.join();
        return percentiles[0] + "," + appended;
    }

    private static String tailedByChild(Writer writer, String target, Path directory, long rate, long seconds)
            throws IOException, InterruptedException {
        writer.write(0); // so that there are files to be opened
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                System.getProperty("java.class.path"),
                "tail-child",
                target,
                directory.toString(),
                Long.toString(rate * WARM_UP_SECONDS)));
        Process child = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader lines = child.inputReader(StandardCharsets.UTF_8)) {
            String ready = lines.readLine();
            if (!"ready".equals(ready)) {
                throw new IOException("the tailing process said " + ready);
            }
            String appended = write(writer, rate, seconds);
            return lines.readLine() + "," + appended;
        } finally {
            child.waitFor(30, TimeUnit.SECONDS);
            child.destroyForcibly();
        }
    }

    /** The tailing process. */
    static void child(List<String> arguments) {
        Path directory = Path.of(arguments.get(1));
        try (Reader reader =
                arguments.get(0).equals("millrace") ? new LibraryFollower(directory) : new QueueReader(directory)) {
            long ignored = reader.awaitNext();
            assert ignored == 0;
            System.out.println("ready");
            System.out.println(tail(reader, Long.parseLong(arguments.get(2))));
        }
    }

    /** Returns how late the appends were done, of which no tailer can be ahead. */
    private static String write(Writer writer, long rate, long seconds) {
        Histogram done = new Histogram(3);
        double gapNs = 1e9 / rate;
        long startNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
        for (long i = 0; i < rate * (WARM_UP_SECONDS + seconds); i++) {
            long dueNs = startNs + (long) (i * gapNs);
            long leftNs;
            while ((leftNs = dueNs - System.nanoTime()) > 0) {
                if (leftNs > 200_000) {
                    LockSupport.parkNanos(leftNs - 100_000);
                } else {
                    Thread.onSpinWait();
                }
            }
            writer.write(dueNs);
            if (i >= rate * WARM_UP_SECONDS) {
                done.recordValue(Math.max(0, System.nanoTime() - dueNs));
            }
        }
        writer.write(END);
        return String.format(
                Locale.ROOT,
                "\"appendedP50us\":%.2f,\"appendedP99us\":%.1f",
                done.getValueAtPercentile(50) / 1e3,
                done.getValueAtPercentile(99) / 1e3);
    }

    private static String tail(Reader reader, long warmUpRecords) {
        Histogram latencies = new Histogram(3);
        long seen = 0;
        long dueNs;
        while ((dueNs = reader.awaitNext()) != END) {
            if (++seen > warmUpRecords) {
                latencies.recordValue(Math.max(0, System.nanoTime() - dueNs));
            }
        }
        return String.format(
                Locale.ROOT,
                "\"records\":%d,\"p50us\":%.2f,\"p99us\":%.1f,\"p999us\":%.1f,\"maxMs\":%.2f",
                latencies.getTotalCount(),
                latencies.getValueAtPercentile(50) / 1e3,
                latencies.getValueAtPercentile(99) / 1e3,
                latencies.getValueAtPercentile(99.9) / 1e3,
                latencies.getMaxValue() / 1e6);
    }

    private interface Writer extends AutoCloseable {
        void write(long dueNs);

        Reader reader();

        @Override
        void close();
    }

    private interface Reader extends AutoCloseable {
        /** Polls until there is a record; its time. */
        long awaitNext();

        @Override
        void close();
    }

    private static final class LibraryWriter implements Writer {
        private final LogStore store;
        private final Appender appender;
        private final ByteBuffer value = ByteBuffer.allocateDirect(RECORD_BYTES);

        LibraryWriter(Path directory) {
            store = LogStore.open(directory.resolve("store"));
            appender = store.log("tailed").appender();
        }

        @Override
        public void write(long dueNs) {
            appender.append(value.putLong(0, dueNs));
        }

        @Override
        public Reader reader() {
            return new LibraryReader(store.log("tailed").tailer().fromEarliest().build());
        }

        @Override
        public void close() {
            appender.close();
            store.close();
        }
    }

    private static class LibraryReader implements Reader {
        private final Tailer tailer;

        LibraryReader(Tailer tailer) {
            this.tailer = tailer;
        }

        @Override
        public long awaitNext() {
            while (!tailer.next()) {
                Thread.onSpinWait();
            }
            return tailer.record().valueLong(0);
        }

        @Override
        public void close() {
            tailer.close();
        }
    }

    private static final class LibraryFollower extends LibraryReader {
        private final ReadOnlyStore store;

        LibraryFollower(Path directory) {
            this(LogStore.openReadOnly(directory.resolve("store")));
        }

        private LibraryFollower(ReadOnlyStore store) {
            super(store.log("tailed").tailer().fromEarliest().build());
            this.store = store;
        }

        @Override
        public void close() {
            super.close();
            store.close();
        }
    }

    private static ChronicleQueue queue(Path directory) {
        return SingleChronicleQueueBuilder.binary(directory.resolve("queue").toFile())
                .build();
    }

    private static final class QueueWriter implements Writer {
        private final Path directory;
        private final ChronicleQueue queue;
        private final ExcerptAppender appender;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(RECORD_BYTES);
        private final Bytes<ByteBuffer> value = Bytes.wrapForRead(buffer);

        QueueWriter(Path directory) {
            this.directory = directory;
            queue = queue(directory);
            appender = queue.createAppender();
        }

        @Override
        public void write(long dueNs) {
            buffer.putLong(0, dueNs);
            value.readPositionRemaining(0, RECORD_BYTES);
            appender.writeBytes(value);
        }

        @Override
        public Reader reader() {
            return new QueueReader(directory);
        }

        @Override
        public void close() {
            appender.close();
            queue.close();
            value.releaseLast();
        }
    }

    private static final class QueueReader implements Reader {
        private final ChronicleQueue queue;
        private final ExcerptTailer tailer;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(2 * RECORD_BYTES);
        private final Bytes<ByteBuffer> value = Bytes.wrapForWrite(buffer);

        QueueReader(Path directory) {
            queue = queue(directory);
            tailer = queue.createTailer();
        }

        @Override
        public long awaitNext() {
            value.clear();
            while (!tailer.readBytes(value)) {
                Thread.onSpinWait();
            }
            return buffer.getLong(0);
        }

        @Override
        public void close() {
            tailer.close();
            queue.close();
            value.releaseLast();
        }
    }
}
