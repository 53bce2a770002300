package io.millrace.log.golden;

import io.millrace.log.LogClock;
import io.millrace.log.LogConfig;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.OpenState;
import io.millrace.log.PartitionLog;
import io.millrace.log.checkpoint.OffsetCheckpoint;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;

/**
 * A copy of one of Kafka's directories, freshly unpacked, to be opened or damaged first. It hears what the engine tells. Owned by
 * one test.
 */
final class GoldenDirectory implements LogListener, AutoCloseable {
    private final Path data;
    private final boolean clean;
    private final List<String> cuts = new ArrayList<>();
    private final List<String> rebuilt = new ArrayList<>();
    private final LogRuntime runtime = LogRuntime.start(LogClock.SYSTEM, this, FileFaults.NONE);

    private GoldenDirectory(Path data, boolean clean) {
        this.data = data;
        this.clean = clean;
    }

    static GoldenDirectory unpack(String kind, Path into) throws IOException, InterruptedException {
        Path archive = resource("data-" + kind + ".tar.gz");
        Process tar = new ProcessBuilder("tar", "-xzSf", archive.toString(), "-C", into.toString())
                .inheritIO()
                .start();
        if (tar.waitFor() != 0) {
            throw new IOException("tar cannot unpack " + archive);
        }
        return new GoldenDirectory(into.resolve("data"), kind.equals("clean"));
    }

    static Path resource(String name) {
        return Path.of(System.getProperty("basedir", "."), "src", "test", "resources", "kafka-4.3.1", name);
    }

    PartitionLog open(String partition) {
        return open(
                partition, new OpenState(clean, recoveryPoint(partition), 0, partition.startsWith("compacted"), false));
    }

    PartitionLog open(String partition, OpenState state) {
        return PartitionLog.open(data.resolve(partition), LogConfig.builder().build(), runtime, state);
    }

    long recoveryPoint(String partition) {
        return new OffsetCheckpoint(data, OffsetCheckpoint.RECOVERY_POINT, FileFaults.NONE)
                .read()
                .get(PartitionName.parse(partition));
    }

    Path file(String partition, String name) {
        return data.resolve(partition).resolve(name);
    }

    /** Where the batches of a segment lie, as Kafka's reader sees it. */
    static List<BatchPlace> places(Path segment) throws IOException {
        List<BatchPlace> places = new ArrayList<>();
        try (FileRecords records = FileRecords.open(segment.toFile())) {
            for (FileChannelRecordBatch batch : records.batches()) {
                places.add(new BatchPlace(batch.baseOffset(), batch.position(), batch.sizeInBytes()));
            }
        }
        return places;
    }

    /** A batch within its segment's file. */
    record BatchPlace(long baseOffset, int position, int length) {}

    static void truncate(Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    static void flipBit(Path file, long position, int bit) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, position);
            one.put(0, (byte) (one.get(0) ^ (1 << bit))).flip();
            channel.write(one, position);
        }
    }

    List<String> cuts() {
        return cuts;
    }

    List<String> rebuilt() {
        return rebuilt;
    }

    @Override
    public void tornTailCut(Path log, long fromOffset, long position, long bytes, String reason) {
        cuts.add(log.getFileName() + " from " + fromOffset + " at " + position);
    }

    @Override
    public void indexRebuilt(Path log, long baseOffset, String reason) {
        rebuilt.add(log.getFileName() + " " + baseOffset);
    }

    @Override
    public void close() throws IOException {
        runtime.close();
        // What a failed open left behind is of no interest; the test's temporary directory goes as a whole.
        Files.deleteIfExists(data.resolve(".lock"));
    }
}
