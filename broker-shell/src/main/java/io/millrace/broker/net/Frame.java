package io.millrace.broker.net;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/** A complete request frame, without its size: contiguous direct memory and its share of the budget. Released once. */
final class Frame {
    private final ByteBuf bytes;
    private final MemoryBudget.Share share;
    private final int length;
    private final AtomicBoolean released = new AtomicBoolean();

    Frame(ByteBuf bytes, MemoryBudget.Share share) {
        this.bytes = bytes;
        this.length = bytes.readableBytes();
        this.share = share;
    }

    /** The frame's bytes, big endian, without a copy; not to be read after {@link #release()}. */
    ByteBuffer buffer() {
        return bytes.nioBuffer();
    }

    /** Bytes, also after the release. */
    int length() {
        return length;
    }

    /** Gives memory and budget back; later calls do nothing. Any thread. */
    void release() {
        if (released.compareAndSet(false, true)) {
            bytes.release();
            share.release();
        }
    }
}
