package io.millrace.broker.protocol;

import java.nio.ByteBuffer;

/** Reads the primitives of a frame one after the other. Beyond the end they give 0, and the frame is not sound any more. */
abstract class FrameReader {
    private static final int VARINT_BITS_MOST = 28;

    /** The frame; positions are absolute in it. */
    ByteBuffer bytes = ByteBuffer.allocate(0);

    int at;
    int end;
    boolean sound;

    final void begin(ByteBuffer frame) {
        bytes = frame;
        at = frame.position();
        end = frame.limit();
        sound = true;
    }

    final boolean has(int length) {
        sound &= length >= 0 && length <= end - at;
        return sound;
    }

    final void skip(int length) {
        if (has(length)) {
            at += length;
        }
    }

    final byte readByte() {
        return has(Byte.BYTES) ? bytes.get(at++) : 0;
    }

    final short readShort() {
        if (!has(Short.BYTES)) {
            return 0;
        }
        short value = bytes.getShort(at);
        at += Short.BYTES;
        return value;
    }

    final int readInt() {
        if (!has(Integer.BYTES)) {
            return 0;
        }
        int value = bytes.getInt(at);
        at += Integer.BYTES;
        return value;
    }

    final long readLong() {
        if (!has(Long.BYTES)) {
            return 0;
        }
        long value = bytes.getLong(at);
        at += Long.BYTES;
        return value;
    }

    /** An unsigned varint; 256 MiB and more are beyond any frame. */
    final int readVarint() {
        int value = 0;
        for (int shift = 0; shift < VARINT_BITS_MOST; shift += 7) {
            if (!has(1)) {
                return 0;
            }
            byte next = bytes.get(at++);
            value |= (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        sound = false;
        return 0;
    }
}
