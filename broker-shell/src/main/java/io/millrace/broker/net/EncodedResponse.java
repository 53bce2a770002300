package io.millrace.broker.net;

import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import java.util.ArrayList;
import java.util.List;

/**
 * A response ready for the socket: buffers and file regions in order. Owned by the exchange until it is written, then
 * by the channel. Event loop only.
 */
final class EncodedResponse {
    private final List<ReferenceCounted> parts = new ArrayList<>(2);
    private long length;

    void add(ReferenceCounted part, long partLength) {
        parts.add(part);
        length += partLength;
    }

    List<ReferenceCounted> parts() {
        return parts;
    }

    /** Bytes on the wire. */
    long length() {
        return length;
    }

    /** Gives everything back unsent. */
    void release() {
        parts.forEach(ReferenceCountUtil::safeRelease);
        parts.clear();
    }
}
