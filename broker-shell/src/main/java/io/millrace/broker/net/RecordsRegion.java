package io.millrace.broker.net;

import io.millrace.broker.protocol.RegionRecords;
import io.netty.channel.DefaultFileRegion;

/**
 * A file region that sendfile writes. When its last byte has left, or the write failed, the records are given back to
 * their log; the file itself stays open. That sendfile gives 0 below the end of the region is checked by the transport
 * against the length of the file and fails the write, which closes the connection.
 */
final class RecordsRegion extends DefaultFileRegion {
    private final RegionRecords records;

    RecordsRegion(RegionRecords records) {
        super(records.channel(), records.position(), records.sizeInBytes());
        this.records = records;
    }

    @Override
    protected void deallocate() {
        records.close();
    }
}
