package io.millrace.broker.request.data;

import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.TopicDirectory;
import io.millrace.broker.request.ProducerIdSource;
import io.millrace.broker.request.RequestRouter;
import io.millrace.broker.request.WorkPool;
import io.millrace.broker.request.fetch.FetchHandler;
import io.millrace.broker.request.fetch.ReadAheadPool;
import io.millrace.broker.request.offsets.DeleteRecordsHandler;
import io.millrace.broker.request.offsets.InitProducerIdHandler;
import io.millrace.broker.request.offsets.ListOffsetsHandler;
import io.millrace.broker.request.offsets.OffsetForLeaderEpochHandler;
import io.millrace.broker.request.offsets.PartitionLookup;
import io.millrace.broker.request.produce.ProduceHandler;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * The data path of a broker listener: Produce, Fetch, ListOffsets, OffsetForLeaderEpoch, DeleteRecords and
 * InitProducerId. Owned by the node, which closes it when no more requests come.
 */
public final class DataPlane implements AutoCloseable {
    private final WorkPool workPool;
    private final ReadAheadPool readAhead;

    private DataPlane(WorkPool workPool, ReadAheadPool readAhead) {
        this.workPool = workPool;
        this.readAhead = readAhead;
    }

    /** Makes the handlers and registers them. */
    public static DataPlane register(
            RequestRouter router,
            PartitionRegistry partitions,
            TopicDirectory topics,
            ProducerIdSource producerIds,
            DataPlaneSettings settings) {
        WorkPool workPool = new WorkPool(Runtime.getRuntime().availableProcessors());
        ReadAheadPool readAhead = new ReadAheadPool();
        PartitionLookup lookup = new PartitionLookup(partitions, topics);
        router.register(
                        ApiKeys.PRODUCE,
                        new ProduceHandler(
                                partitions,
                                topics,
                                settings.clockMs(),
                                settings.inflatedBytesMax(),
                                workPool,
                                settings.quotas(),
                                settings.compressedValidation()))
                .register(
                        ApiKeys.FETCH,
                        new FetchHandler(
                                partitions,
                                topics,
                                settings.clockMs(),
                                settings.fetchSessionSlots(),
                                settings.fetchBytesMax(),
                                settings.quotas(),
                                readAhead))
                .register(ApiKeys.LIST_OFFSETS, new ListOffsetsHandler(lookup, workPool))
                .register(ApiKeys.OFFSET_FOR_LEADER_EPOCH, new OffsetForLeaderEpochHandler(lookup))
                .register(ApiKeys.DELETE_RECORDS, new DeleteRecordsHandler(lookup, workPool))
                .register(ApiKeys.INIT_PRODUCER_ID, new InitProducerIdHandler(producerIds));
        return new DataPlane(workPool, readAhead);
    }

    @Override
    public void close() {
        workPool.close();
        readAhead.close();
    }
}
