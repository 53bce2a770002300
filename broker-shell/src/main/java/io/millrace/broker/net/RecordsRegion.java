package io.millrace.broker.net;

import io.millrace.broker.protocol.RegionRecords;
import io.netty.channel.DefaultFileRegion;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;

/**
 * A file region that sendfile writes, in pieces. When the last byte of all pieces has left, or a write failed, the records are given back
 * to their log; the file itself stays open. That sendfile gives 0 below the end of a piece is checked by the transport
 * against the length of the file and fails the write, which closes the connection.
 */
final class RecordsRegion extends AbstractReferenceCounted {
    private final RegionRecords records;
    private int cut;

    RecordsRegion(RegionRecords records) {
        this.records = records;
    }

    /** Bytes that are in no piece yet. */
    int left() {
        return records.sizeInBytes() - cut;
    }

    /** The next so many bytes, which hold the records until they have left. */
    ReferenceCounted cut(int bytes) {
        Piece piece = new Piece(this, records.position() + cut, bytes);
        cut += bytes;
        return piece;
    }

    @Override
    public ReferenceCounted touch(Object hint) {
        return this;
    }

    @Override
    protected void deallocate() {
        records.close();
    }

    private static final class Piece extends DefaultFileRegion {
        private final RecordsRegion whole;

        Piece(RecordsRegion whole, long position, int length) {
            super(whole.records.channel(), position, length);
            this.whole = whole;
            whole.retain();
        }

        @Override
        protected void deallocate() {
            whole.release();
        }
    }
}
