package io.millrace.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of one connection into frames: a 4-byte size, then so many bytes. Owned by the connection, event loop
 * only.
 *
 * <p>A frame that lies whole in what was read is a slice of it. Any other is gathered in a buffer that starts small and
 * doubles as bytes arrive, so that a client that announces much and sends little holds little; every growth is taken
 * from the budget first. When the budget says no, {@link #next} returns null and {@link #wantsMemory()} is true: the
 * connection stops reading and calls again later.
 *
 * <p>Invariant: {@code gathered} is only set while a frame is incomplete, and its capacity is what {@code share} holds.
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
     * The next complete frame, owned by the caller; null when bytes or memory are missing.
     *
     * @throws BadFrameException when the announced size is negative or above the limit
     */
    @Nullable
    Frame next() throws BadFrameException {
        wantsMemory = false;
        ByteBuf in = input;
        if (in == null) {
            return null;
        }
        Frame frame = announced != UNKNOWN || readSize(in) ? takeBody(in) : null;
        if (!in.isReadable()) {
            in.release();
            input = null;
        }
        return frame;
    }

    /** Whether the last {@link #next} stopped for want of budget. */
    boolean wantsMemory() {
        return wantsMemory;
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

    private @Nullable Frame takeBody(ByteBuf in) {
        MemoryBudget.Share account = share;
        if (account == null) {
            account = budget.open(announced);
            share = account;
        }
        if (gathered == null && in.readableBytes() >= announced) {
            return account.reserve(announced) ? complete(in.readRetainedSlice(announced), account) : outOfMemory();
        }
        return gather(in, account);
    }

    private @Nullable Frame gather(ByteBuf in, MemoryBudget.Share account) {
        ByteBuf frame = gathered;
        int have = frame == null ? 0 : frame.readableBytes();
        int take = Math.min(in.readableBytes(), announced - have);
        frame = grown(frame, have + take, account);
        if (frame == null) {
            return outOfMemory();
        }
        frame.writeBytes(in, take);
        return frame.readableBytes() == announced ? complete(frame, account) : null;
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
        ByteBuf larger = frame == null ? allocator.directBuffer(wanted, announced) : frame.capacity(wanted);
        gathered = larger;
        return larger;
    }

    private @Nullable Frame outOfMemory() {
        wantsMemory = true;
        return null;
    }

    private Frame complete(ByteBuf bytes, MemoryBudget.Share account) {
        announced = UNKNOWN;
        sizeSoFar = 0;
        sizeBytesSoFar = 0;
        share = null;
        gathered = null;
        return new Frame(bytes, account);
    }
}
