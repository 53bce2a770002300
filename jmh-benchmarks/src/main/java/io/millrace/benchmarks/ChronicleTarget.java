package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import net.openhft.chronicle.bytes.MappedBytes;

/** The same through Chronicle Bytes: the checksum, the base offset, a copy into mapped bytes in chunks of 64 MiB. */
final class ChronicleTarget implements AppendTarget {
    private static final int CHECKED_FROM = 21;
    private static final long CHUNK_BYTES = 64 << 20;
    private static final long OVERLAP_BYTES = 2 << 20;

    private final MappedBytes mapped;
    private final ByteBuffer batch;
    private final int batchBytes;
    private final CRC32C checksum = new CRC32C();
    private long position;

    ChronicleTarget(Path file, ByteBuffer batch) throws IOException {
        this.batch = Batches.directCopy(batch);
        this.batchBytes = batch.remaining();
        this.mapped = MappedBytes.mappedBytes(file.toFile(), CHUNK_BYTES, OVERLAP_BYTES);
    }

    @Override
    public long append() {
        checksum.reset();
        checksum.update(batch.position(CHECKED_FROM));
        batch.putLong(0, position).rewind();
        mapped.write(position, batch, 0, batchBytes);
        position += batchBytes;
        return checksum.getValue();
    }

    @Override
    public void close() {
        mapped.releaseLast();
    }
}
