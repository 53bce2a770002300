package io.millrace.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of one connection into frames: a 4-byte size, then so many bytes. Owned by the connection, event loop
 * only.
 *
 * <p>A frame that lies whole in what was read is a slice of it. Any other is gathered in a buffer that starts small and
 * doubles as bytes arrive, so that a client that announces much and sends little holds little; every growth is taken
 * from the budget first. When the budget says no, {@link #wantsMemory()} is true: the connection stops reading and calls
 * again later.
 *
 * <p>A whole frame is either handled where it is ({@link #view}, then {@link #skip}; what lies in what was read is not charged, there is
 * one such buffer a loop), or taken ({@link #take}).
 *
 * <p>Invariant: {@code gathered} is only set for a frame that did not lie whole in what was read, and its capacity is what {@code share}
 * holds.
 */
final class FrameAssembler {
    private static final int SIZE_BYTES = Integer.BYTES;
    private static final int LEAST_CAPACITY = 4096;
    private static final int UNKNOWN = -1;

    private final MemoryBudget budget;
    private final ByteBufAllocator allocator;
    private final int frameBytesMax;

    /** What was read and not yet taken. */
    private @Nullable ByteBuf input;

    private int announced = UNKNOWN;
    private int sizeSoFar;
    private int sizeBytesSoFar;
    private MemoryBudget.@Nullable Share share;
    private @Nullable ByteBuf gathered;
    private boolean wantsMemory;

    FrameAssembler(MemoryBudget budget, ByteBufAllocator allocator, int frameBytesMax) {
        this.budget = budget;
        this.allocator = allocator;
        this.frameBytesMax = frameBytesMax;
    }

    /** Takes over what was read. Bytes that an earlier call left are put in front. */
    void offer(ByteBuf read) {
        ByteBuf left = input;
        if (left == null) {
            input = read;
            return;
        }
        // Only a connection whose reading was just stopped comes here: at most one more read was under way.
        ByteBuf joined = allocator.directBuffer(left.readableBytes() + read.readableBytes());
        joined.writeBytes(left).writeBytes(read);
        left.release();
        read.release();
        input = joined;
    }

    /**
     * Goes on putting the next frame together; true when it is whole.
     *
     * @throws BadFrameException when the announced size is negative or above the limit
     */
    boolean hasFrame() throws BadFrameException {
        wantsMemory = false;
        if (isGathered()) {
            return true;
        }
        ByteBuf in = input;
        if (in == null) {
            return false;
        }
        boolean whole = (announced != UNKNOWN || readSize(in)) && assemble(in);
        if (!whole) {
            dropEmptyInput();
        }
        return whole;
    }

    /** The whole frame without a copy or an object, to be read before the next call of anything here. */
    ByteBuffer view() {
        ByteBuf frame = gathered;
        if (frame != null) {
            return frame.internalNioBuffer(frame.readerIndex(), announced);
        }
        ByteBuf in = Objects.requireNonNull(input);
        return in.internalNioBuffer(in.readerIndex(), announced);
    }

    /** Forgets the whole frame, which has been handled. */
    void skip() {
        ByteBuf frame = gathered;
        if (frame != null) {
            frame.release();
            openShare().release();
        } else {
            ByteBuf in = Objects.requireNonNull(input);
            in.skipBytes(announced);
            dropEmptyInput();
        }
        forgetFrame();
    }

    /** The whole frame, owned by the caller; null when it lies in what was read and there is no memory for it. */
    @Nullable
    Frame take() {
        if (gathered == null && !openShare().reserve(announced)) {
            wantsMemory = true;
            return null;
        }
        return taken();
    }

    /** The whole frame, owned by the caller, whatever the budget says: part of it has been done. */
    Frame takeAnyhow() {
        if (gathered == null) {
            openShare().reserveAnyhow(announced);
        }
        return taken();
    }

    private Frame taken() {
        MemoryBudget.Share account = openShare();
        ByteBuf bytes = gathered;
        if (bytes == null) {
            ByteBuf in = Objects.requireNonNull(input);
            bytes = in.readRetainedSlice(announced);
            dropEmptyInput();
        }
        forgetFrame();
        share = null;
        return new Frame(bytes, account);
    }

    /** Whether the last {@link #hasFrame} or {@link #take} stopped for want of budget. */
    boolean wantsMemory() {
        return wantsMemory;
    }

    /** Whether something was read that is not taken. */
    boolean hasInput() {
        return input != null;
    }

    /** Whether a frame has begun that is not complete. */
    boolean isMidFrame() {
        return announced != UNKNOWN || sizeBytesSoFar > 0;
    }

    /** Size of the frame under way, 0 when there is none or its size is not known. */
    int announced() {
        return Math.max(0, announced);
    }

    /** Gives back everything; the connection is gone. */
    void release() {
        if (input != null) {
            input.release();
            input = null;
        }
        if (gathered != null) {
            gathered.release();
            gathered = null;
        }
        if (share != null) {
            share.release();
            share = null;
        }
    }

    private boolean readSize(ByteBuf in) throws BadFrameException {
        while (sizeBytesSoFar < SIZE_BYTES && in.isReadable()) {
            sizeSoFar = sizeSoFar << Byte.SIZE | in.readUnsignedByte();
            sizeBytesSoFar++;
        }
        if (sizeBytesSoFar < SIZE_BYTES) {
            return false;
        }
        if (sizeSoFar < 0 || sizeSoFar > frameBytesMax) {
            throw new BadFrameException("frame size " + sizeSoFar + " is not between 0 and " + frameBytesMax
                    + " (socket.request.max.bytes)");
        }
        announced = sizeSoFar;
        return true;
    }

    private boolean isGathered() {
        return gathered != null && gathered.readableBytes() == announced;
    }

    /** True when the body lies whole in {@code in}, or has been gathered. */
    private boolean assemble(ByteBuf in) {
        if (gathered == null && in.readableBytes() >= announced) {
            return true;
        }
        ByteBuf frame = gathered;
        int have = frame == null ? 0 : frame.readableBytes();
        int take = Math.min(in.readableBytes(), announced - have);
        frame = grown(frame, have + take, openShare());
        if (frame == null) {
            wantsMemory = true;
            return false;
        }
        move(in, frame, take);
        dropEmptyInput();
        return isGathered();
    }

    /** The account of the frame at hand; one that was given back is used again. */
    private MemoryBudget.Share openShare() {
        MemoryBudget.Share account = share;
        if (account == null) {
            account = budget.open(announced);
            share = account;
        } else if (account.held() == 0) {
            account.reopen(announced);
        }
        return account;
    }

    private void dropEmptyInput() {
        ByteBuf in = input;
        if (in != null && !in.isReadable()) {
            in.release();
            input = null;
        }
    }

    private void forgetFrame() {
        announced = UNKNOWN;
        sizeSoFar = 0;
        sizeBytesSoFar = 0;
        gathered = null;
    }

    /** The gathering buffer with room for {@code needed} bytes, or null when the budget does not give it. */
    private @Nullable ByteBuf grown(@Nullable ByteBuf frame, int needed, MemoryBudget.Share account) {
        int capacity = frame == null ? 0 : frame.capacity();
        if (frame != null && needed <= capacity) {
            return frame;
        }
        int wanted = (int) Math.min(announced, Math.max(LEAST_CAPACITY, Math.max(needed, 2L * capacity)));
        if (!account.reserve(wanted - capacity)) {
            return null;
        }
        ByteBuf larger = allocator.directBuffer(wanted, announced);
        if (frame != null) {
            move(frame, larger, frame.readableBytes());
            frame.release();
        }
        gathered = larger;
        return larger;
    }

    /** As {@link ByteBuf#writeBytes}, which makes views of both where Netty does without Unsafe. */
    private static void move(ByteBuf from, ByteBuf to, int count) {
        to.internalNioBuffer(to.writerIndex(), count).put(from.internalNioBuffer(from.readerIndex(), count));
        from.skipBytes(count);
        to.writerIndex(to.writerIndex() + count);
    }
}
