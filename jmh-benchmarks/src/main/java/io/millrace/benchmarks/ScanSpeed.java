package io.millrace.benchmarks;

import io.millrace.library.LogStore;
import io.millrace.library.Tailer;
import io.millrace.log.LogConfig;
import io.millrace.log.LogRuntime;
import io.millrace.log.OpenState;
import io.millrace.log.PartitionLog;
import io.millrace.log.checkpoint.CleanShutdownMarker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.Record;

/**
 * How fast is a log of 1 KiB records read again, all of it, out of the page cache: by a tailer, by Apache Kafka's records of the same file, by
 * Chronicle Queue's tailer; and by the recovery that follows an unclean stop? Beside a plain read of the file and a read of all its bytes in
 * a fresh mapping, which is the limit. One thread each; a round before the first one is not counted.
 *
 * <pre>
 *   java -jar benchmarks.jar scan mib=512 rounds=3
 * </pre>
 */
final class ScanSpeed {
    private static final int RECORD_BYTES = 1024;
    private static final int BATCH_RECORDS = 15;
    private static final int READ_BYTES = 1 << 20;

    private ScanSpeed() {}

    static void run(List<String> arguments) throws IOException {
        Options options = new Options(arguments, "mib", "512", "rounds", "3");
        long bytes = options.number("mib") << 20;
        try (ScratchDirectory directory = ScratchDirectory.create()) {
            Path store = directory.resolve("store");
            fill(store, bytes);
            Path queue = directory.resolve("queue");
            fillQueue(queue, bytes);
            List<Path> files = logs(store.resolve("scanned-0"));
            for (int round = 0; round <= options.number("rounds"); round++) {
                String[] lines = {
                    line("read of the file", round, plainRead(files)),
                    line("read of the mapping", round, mappedRead(files)),
                    line("tailer", round, tail(store)),
                    line("kafka records", round, kafkaRecords(files)),
                    line("chronicle queue tailer", round, tailQueue(queue)),
                    line("recovery", round, recover(store))
                };
                if (round > 0) {
                    List.of(lines).forEach(options::result);
                }
            }
        }
        options.writeResults();
    }

    private static String line(String what, int round, double gigabytesPerSecond) {
        return String.format(
                Locale.ROOT, "{\"what\":\"%s\",\"round\":%d,\"GBs\":%.2f}", what, round, gigabytesPerSecond);
    }

    private static void fill(Path directory, long bytes) {
        try (LogStore store = LogStore.open(directory)) {
            var appender = store.log("scanned").appender();
            byte[] value = new byte[RECORD_BYTES];
            for (long written = 0; written < bytes; written += RECORD_BYTES * BATCH_RECORDS) {
                for (int i = 0; i < BATCH_RECORDS; i++) {
                    appender.add(value);
                }
                appender.appendBatch();
            }
            appender.close();
        }
    }

    private static void fillQueue(Path directory, long bytes) {
        try (ChronicleQueue queue =
                        SingleChronicleQueueBuilder.binary(directory.toFile()).build();
                ExcerptAppender appender = queue.createAppender()) {
            Bytes<ByteBuffer> value = Bytes.wrapForRead(ByteBuffer.allocateDirect(RECORD_BYTES));
            for (long written = 0; written < bytes; written += RECORD_BYTES) {
                value.readPositionRemaining(0, RECORD_BYTES);
                appender.writeBytes(value);
            }
            value.releaseLast();
        }
    }

    private static List<Path> logs(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
        }
    }

    private static double plainRead(List<Path> files) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
        long startNs = System.nanoTime();
        long bytes = 0;
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                int read;
                while ((read = channel.read(buffer.clear())) > 0) {
                    bytes += read;
                }
            }
        }
        return (double) bytes / (System.nanoTime() - startNs);
    }

    private static double mappedRead(List<Path> files) throws IOException {
        long startNs = System.nanoTime();
        long bytes = 0;
        long sum = 0;
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                LongBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
                        .order(ByteOrder.nativeOrder())
                        .asLongBuffer();
                for (int i = 0; i < mapped.limit(); i++) {
                    sum += mapped.get(i);
                }
                bytes += (long) mapped.limit() * Long.BYTES;
            }
        }
        if (sum == 0) {
            throw new IllegalStateException("nothing is mapped");
        }
        return (double) bytes / (System.nanoTime() - startNs);
    }

    private static double tail(Path directory) {
        try (LogStore store = LogStore.open(directory);
                Tailer tailer = store.log("scanned").tailer().fromEarliest().build()) {
            long startNs = System.nanoTime();
            long sum = 0;
            long records = 0;
            while (tailer.next()) {
                sum += tailer.record().valueLong(RECORD_BYTES - Long.BYTES);
                records++;
            }
            return gigabytes(records, sum, startNs);
        }
    }

    private static double kafkaRecords(List<Path> files) throws IOException {
        long startNs = System.nanoTime();
        long sum = 0;
        long records = 0;
        for (Path file : files) {
            try (FileRecords all = FileRecords.open(file.toFile(), false)) {
                for (Record record : all.records()) {
                    sum += record.value().getLong(RECORD_BYTES - Long.BYTES);
                    records++;
                }
            }
        }
        return gigabytes(records, sum, startNs);
    }

    private static double tailQueue(Path directory) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(2 * RECORD_BYTES);
        Bytes<ByteBuffer> value = Bytes.wrapForWrite(buffer);
        try (ChronicleQueue queue =
                        SingleChronicleQueueBuilder.binary(directory.toFile()).build();
                ExcerptTailer tailer = queue.createTailer()) {
            long startNs = System.nanoTime();
            long sum = 0;
            long records = 0;
            while (tailer.readBytes(value.clear())) {
                sum += buffer.getLong(RECORD_BYTES - Long.BYTES);
                records++;
            }
            return gigabytes(records, sum, startNs);
        } finally {
            value.releaseLast();
        }
    }

    /** Of values, not of what is around them. */
    private static double gigabytes(long records, long sum, long startNs) {
        if (sum != 0) {
            throw new IllegalStateException("values were not what was written");
        }
        return records * (double) RECORD_BYTES / (System.nanoTime() - startNs);
    }

    private static double recover(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(CleanShutdownMarker.FILE_NAME));
        Path log = directory.resolve("scanned-0");
        Files.deleteIfExists(log.resolve("millrace.synced"));
        long bytes = 0;
        for (Path file : logs(log)) {
            bytes += Files.size(file);
        }
        try (LogRuntime runtime = LogRuntime.start()) {
            long startNs = System.nanoTime();
            try (PartitionLog opened =
                    PartitionLog.open(log, LogConfig.builder().build(), runtime, OpenState.UNKNOWN)) {
                double speed = (double) bytes / (System.nanoTime() - startNs);
                if (opened.recovery().scannedBytes() < bytes) {
                    throw new IllegalStateException("scanned only " + opened.recovery());
                }
                return speed;
            }
        }
    }
}
