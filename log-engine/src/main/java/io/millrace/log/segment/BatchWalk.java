package io.millrace.log.segment;

import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;

/** Shows the batches of a checked segment to somebody who needs their headers, and of control batches the whole. */
public final class BatchWalk {
    private BatchWalk() {}

    /**
     * Walks the batches that hold offsets from {@code from} (inclusive) to {@code to} (exclusive). Of a data batch only the header is in
     * the buffer, of a control batch all of it.
     */
    public static void forEach(Segment segment, long from, long to, SegmentRecovery.BatchSink sink) {
        HeaderScanner scanner = HeaderScanner.ofThisThread();
        boolean found = segment.seek(scanner, from, segment.size());
        while (found && scanner.hasBatch() && scanner.baseOffset() < to) {
            if (RecordBatchDescriptor.isControl(scanner.buffer(), scanner.bufferAt())) {
                sink.accept(segment, whole(segment, scanner), 0);
            } else {
                sink.accept(segment, scanner.buffer(), scanner.bufferAt());
            }
            scanner.skip();
        }
    }

    private static ByteBuffer whole(Segment segment, HeaderScanner scanner) {
        ByteBuffer batch = ByteBuffer.allocate(scanner.sizeInBytes());
        segment.file().readFully(batch, scanner.position());
        return batch.flip();
    }
}
