package io.millrace.benchmarks;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;

/** Chronicle Queue with its defaults: the same bytes by {@code writeBytes}, without a checksum, which it does not keep. */
final class QueueTarget implements AppendTarget {
    private final ChronicleQueue queue;
    private final ExcerptAppender appender;
    private final Bytes<ByteBuffer> bytes;
    private final int batchBytes;

    QueueTarget(Path directory, ByteBuffer batch) {
        queue = SingleChronicleQueueBuilder.binary(directory.toFile()).build();
        appender = queue.createAppender();
        bytes = Bytes.wrapForRead(Batches.directCopy(batch));
        batchBytes = batch.remaining();
    }

    @Override
    public long append() {
        bytes.readPositionRemaining(0, batchBytes);
        appender.writeBytes(bytes);
        return appender.lastIndexAppended();
    }

    @Override
    public void close() {
        appender.close();
        queue.close();
        bytes.releaseLast();
    }
}
