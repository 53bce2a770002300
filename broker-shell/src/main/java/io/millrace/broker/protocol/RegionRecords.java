package io.millrace.broker.protocol;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/**
 * Record bytes of a response that lie in a file: the encoder either copies them beside their header or hands the region
 * to sendfile. Whoever encodes the response owns the region and closes it, after the last byte has left or
 * the connection is gone; closing it again does nothing.
 */
public abstract class RegionRecords implements BaseRecords, AutoCloseable {

    /** The file. Owned by the log; never closed through here. */
    public abstract FileChannel channel();

    /** First byte of the region in the file. */
    public abstract long position();

    /** Puts all bytes of the region into {@code target} at its position, which moves. */
    public abstract void copyTo(ByteBuffer target);

    @Override
    public abstract void close();

    /** Not how these bytes leave: the broker's own encoder writes them. */
    @Override
    public final RecordsSend<? extends BaseRecords> toSend() {
        throw new UnsupportedOperationException("regions are written by the broker's own encoder");
    }
}
