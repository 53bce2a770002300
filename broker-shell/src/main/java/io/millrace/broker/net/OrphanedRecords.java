package io.millrace.broker.net;

import io.millrace.broker.protocol.RegionRecords;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.jspecify.annotations.Nullable;

/** Closes the file regions of a response that will not be encoded to its end. Closing a region twice does nothing. */
final class OrphanedRecords {
    private OrphanedRecords() {}

    static void close(@Nullable ApiMessage message) {
        if (message instanceof FetchResponseData fetch) {
            fetch.responses().forEach(topic -> topic.partitions().forEach(p -> close(p.records())));
        }
    }

    private static void close(@Nullable BaseRecords records) {
        if (records instanceof RegionRecords region) {
            region.close();
        }
    }
}
