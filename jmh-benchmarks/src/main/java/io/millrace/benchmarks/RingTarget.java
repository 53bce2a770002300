package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** The limit without new pages: the checksum and a copy into mapped pages that are there already, round and round. */
final class RingTarget implements AppendTarget {
    private static final int CHECKED_FROM = 21;
    private static final int RING_BYTES = 64 << 20;
    private static final int PAGE_BYTES = 4096;

    private final MappedByteBuffer ring;
    private final ByteBuffer batch;
    private final int batchBytes;
    private final CRC32C checksum = new CRC32C();
    private int position;

    RingTarget(Path file, ByteBuffer batch) throws IOException {
        this.batch = Batches.directCopy(batch);
        this.batchBytes = batch.remaining();
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ring = channel.map(MapMode.READ_WRITE, 0, RING_BYTES);
        }
        for (int page = 0; page < RING_BYTES; page += PAGE_BYTES) {
            ring.put(page, (byte) 1);
        }
    }

    @Override
    public long append() {
        checksum.reset();
        checksum.update(batch.position(CHECKED_FROM));
        batch.putLong(0, position).rewind();
        if (position + batchBytes > RING_BYTES) {
            position = 0;
        }
        ring.put(position, batch, 0, batchBytes);
        position += batchBytes;
        return checksum.getValue();
    }

    /** The mapping goes with the process: the JDK does not unmap at a word. */
    @Override
    public void close() {}
}
