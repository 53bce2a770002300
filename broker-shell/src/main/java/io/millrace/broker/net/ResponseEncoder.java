package io.millrace.broker.net;

import io.millrace.broker.protocol.RegionRecords;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.TransferableRecords;
import org.apache.kafka.common.requests.ResponseHeader;

/**
 * Writes a response with Kafka's generated classes into pooled direct memory, and cuts where records lie in a file:
 * small regions are copied beside their header into the same buffer, large ones become a part of their own that
 * sendfile writes. One object a response, event loop only.
 */
final class ResponseEncoder implements Writable {
    /**
     * Regions below it are copied. A sendfile costs a system call, a further write of the header and a pinned segment;
     * copying costs 0.1 ns a byte. On loopback the two meet between 32 and 128 KiB.
     */
    static final int SENDFILE_LEAST = 64 * 1024;

    private static final int BUFFER_LEAST = 256;

    private final EncodedResponse response = new EncodedResponse();
    private final ByteBuf buffer;

    private ResponseEncoder(ByteBufAllocator allocator, int capacity) {
        this.buffer = allocator.directBuffer(Math.max(BUFFER_LEAST, capacity));
    }

    /**
     * Encodes size, header and body. The regions of {@code body} that were reached are owned by the result, or closed
     * when this throws.
     */
    static EncodedResponse encode(ByteBufAllocator allocator, ResponseHeader header, ApiMessage body, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        MessageSizeAccumulator size = new MessageSizeAccumulator();
        header.data().addSize(size, cache, header.headerVersion());
        body.addSize(size, cache, version);
        ResponseEncoder encoder = new ResponseEncoder(allocator, Integer.BYTES + size.sizeExcludingZeroCopy());
        try {
            encoder.writeInt(size.totalSize());
            header.data().write(encoder, cache, header.headerVersion());
            body.write(encoder, cache, version);
            return encoder.finish(Integer.BYTES + (long) size.totalSize());
        } catch (RuntimeException | Error e) {
            encoder.abandon();
            throw e;
        }
    }

    @Override
    public void writeRecords(BaseRecords records) {
        if (records instanceof RegionRecords region) {
            writeRegion(region);
        } else if (records instanceof TransferableRecords transferable) {
            RecordsCopy.append(transferable, buffer);
        } else {
            throw new UnsupportedOperationException("records of " + records.getClass());
        }
    }

    private void writeRegion(RegionRecords region) {
        if (region.sizeInBytes() < SENDFILE_LEAST) {
            try (region) {
                copy(region);
            }
        } else {
            cut();
            response.add(new RecordsRegion(region), region.sizeInBytes());
        }
    }

    private void copy(RegionRecords region) {
        int length = region.sizeInBytes();
        buffer.ensureWritable(length);
        int at = buffer.writerIndex();
        region.copyTo(buffer.nioBuffer(at, length));
        buffer.writerIndex(at + length);
    }

    /** What was written so far becomes a part; what follows goes on in the same memory behind it. */
    private void cut() {
        if (buffer.isReadable()) {
            int length = buffer.readableBytes();
            response.add(buffer.readRetainedSlice(length), length);
        }
    }

    private EncodedResponse finish(long expected) {
        if (buffer.isReadable()) {
            response.add(buffer, buffer.readableBytes());
        } else {
            buffer.release();
        }
        assert response.length() == expected : "wrote " + response.length() + " of " + expected;
        return response;
    }

    private void abandon() {
        response.release();
        buffer.release();
    }

    // Primitives, big endian

    @Override
    public void writeByte(byte val) {
        buffer.writeByte(val);
    }

    @Override
    public void writeShort(short val) {
        buffer.writeShort(val);
    }

    @Override
    public void writeInt(int val) {
        buffer.writeInt(val);
    }

    @Override
    public void writeLong(long val) {
        buffer.writeLong(val);
    }

    @Override
    public void writeDouble(double val) {
        buffer.writeDouble(val);
    }

    @Override
    public void writeByteArray(byte[] arr) {
        buffer.writeBytes(arr);
    }

    @Override
    public void writeByteBuffer(ByteBuffer buf) {
        buffer.writeBytes(buf.duplicate());
    }

    @Override
    public void writeUnsignedVarint(int value) {
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            buffer.writeByte((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        buffer.writeByte(rest);
    }

    @Override
    public void writeVarint(int value) {
        writeUnsignedVarint((value << 1) ^ (value >> 31));
    }

    @Override
    public void writeVarlong(long value) {
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7fL) != 0) {
            buffer.writeByte((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        buffer.writeByte((int) rest);
    }
}
