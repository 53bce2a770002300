package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** The least that an append through a channel costs: the checksum, the base offset, one write. */
final class ChannelTarget implements AppendTarget {
    private static final int CHECKED_FROM = 21;

    private final FileChannel channel;
    private final ByteBuffer batch;
    private final CRC32C checksum = new CRC32C();
    private long position;

    ChannelTarget(Path file, ByteBuffer batch) throws IOException {
        this.batch = Batches.directCopy(batch);
        this.channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    @Override
    public long append() throws IOException {
        checksum.reset();
        checksum.update(batch.position(CHECKED_FROM));
        batch.putLong(0, position).rewind();
        position += channel.write(batch, position);
        return checksum.getValue();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
