package io.millrace.mapped;

import java.nio.ByteBuffer;

/**
 * Reserves blocks by writing zeros, for platforms without {@code fallocate}. One call's worth of state; one thread.
 */
final class ZeroFill {
    /** A page: the unit in which the kernel keeps holes. */
    private static final int BLOCK_BYTES = 4096;

    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(StorageFile.PIECE_BYTES).asReadOnlyBuffer();

    /** A view of them for each thread that writes some: the page preparer does so all day long, and is to leave no garbage. */
    private static final ThreadLocal<ByteBuffer> VIEW = ThreadLocal.withInitial(ZEROS::duplicate);

    private final StorageFile file;

    ZeroFill(StorageFile file) {
        this.file = file;
    }

    /** Writes zeros over a range, whatever is there. */
    void over(long from, long end) {
        ByteBuffer zeros = VIEW.get();
        for (long position = from; position < end; ) {
            int length = StorageFile.pieceLength(position, end);
            file.write(zeros.clear().limit(length), position);
            position += length;
        }
    }

    /** Writes zeros over those blocks of a range that read as zeros: a hole gets its blocks, and nothing changes. */
    void overHoles(long from, long end) {
        if (from >= end) {
            return;
        }
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        for (long position = from; position < end; ) {
            long blockEnd = Math.min(end, (position / BLOCK_BYTES + 1) * BLOCK_BYTES);
            block.clear().limit((int) (blockEnd - position));
            file.read(block, position);
            if (isZero(block.flip())) {
                over(position, blockEnd);
            }
            position = blockEnd;
        }
    }

    private static boolean isZero(ByteBuffer block) {
        return block.mismatch(ZEROS.duplicate().limit(block.limit())) < 0;
    }
}
