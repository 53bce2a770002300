package io.millrace.broker.net;

import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import java.util.ArrayList;
import java.util.List;

/**
 * A response ready for the socket: buffers and file regions in order, handed over one after the other. Owned by the exchange until it is
 * written, then by the queue; what was taken belongs to the channel. Event loop only.
 */
final class EncodedResponse {
    private final List<ReferenceCounted> parts = new ArrayList<>(2);
    private int next;
    private long length;

    void add(ReferenceCounted part, long partLength) {
        parts.add(part);
        length += partLength;
    }

    /** Bytes on the wire. */
    long length() {
        return length;
    }

    /** The next part; of a file region at most so many bytes. */
    ReferenceCounted take(int regionBytesMost) {
        ReferenceCounted part = parts.get(next);
        if (!(part instanceof RecordsRegion region)) {
            next++;
            return part;
        }
        ReferenceCounted piece = region.cut(Math.min(regionBytesMost, region.left()));
        if (region.left() == 0) {
            next++;
            region.release();
        }
        return piece;
    }

    /** Whether nothing is left to take. */
    boolean isTaken() {
        return next == parts.size();
    }

    /** Gives back what was not taken. */
    void release() {
        for (ReferenceCounted part : parts.subList(next, parts.size())) {
            ReferenceCountUtil.safeRelease(part);
        }
        next = parts.size();
    }
}
