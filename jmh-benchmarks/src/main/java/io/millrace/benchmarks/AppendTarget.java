package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Something that a batch can be appended to. One thread. The seam between the benchmark and the peers. */
interface AppendTarget extends AutoCloseable {

    /** A limited log deletes its oldest segment as it grows past so many bytes. */
    int LIMITED_BYTES = 256 << 20;

    /** Size of its segments. */
    int LIMITED_SEGMENT_BYTES = 64 << 20;

    /**
     * Opens a target in an empty directory.
     *
     * @param name which one
     * @param directory where its files go
     * @param batch a batch like those that will be appended
     * @return the open target
     */
    static AppendTarget open(String name, Path directory, ByteBuffer batch) throws IOException {
        return switch (name) {
            case "kafka" -> new KafkaTarget(directory, batch, false);
            case "kafka-limited" -> new KafkaTarget(directory, batch, true);
            case "channel" -> new ChannelTarget(directory.resolve("channel.log"), batch);
            case "chronicle" -> new ChronicleTarget(directory.resolve("chronicle.log"), batch);
            case "queue" -> new QueueTarget(directory.resolve("queue"), batch);
            case "archive" -> new ArchiveTarget(directory, batch);
            case "ring" -> new RingTarget(directory.resolve("ring"), batch);
            case "millrace" -> new MillraceTarget(directory, batch, false);
            case "millrace-limited" -> new MillraceTarget(directory, batch, true);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** Appends the batch once more, and returns something that depends on it. */
    long append() throws IOException;

    @Override
    void close() throws IOException;
}
