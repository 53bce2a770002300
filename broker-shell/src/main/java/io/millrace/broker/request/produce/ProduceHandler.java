package io.millrace.broker.request.produce;

import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.TopicDirectory;
import io.millrace.broker.request.ClientQuotas;
import io.millrace.broker.request.InPlaceHandler;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import io.millrace.broker.request.WorkPool;
import io.millrace.log.batch.RecordBatchDescriptor;
import java.util.function.LongSupplier;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.ProduceRequest;

/**
 * Answers Produce. Owned by the node; any event loop. Batches that take long to inflate go to the work pool.
 */
public final class ProduceHandler implements RequestHandler {
    private final PartitionRegistry partitions;
    private final TopicDirectory topics;
    private final LongSupplier clockMs;
    private final long inflatedBytesMax;
    private final WorkPool workPool;
    private final ClientQuotas quotas;
    private final CompressedValidation validation;

    /**
     * Makes the handler.
     *
     * @param clockMs wall clock, for the bounds of timestamps
     * @param inflatedBytesMax a batch that inflates to more is refused with MESSAGE_TOO_LARGE
     * @param workPool inflates what takes long
     * @param quotas of the clients
     * @param validation of compressed batches
     */
    public ProduceHandler(
            PartitionRegistry partitions,
            TopicDirectory topics,
            LongSupplier clockMs,
            long inflatedBytesMax,
            WorkPool workPool,
            ClientQuotas quotas,
            CompressedValidation validation) {
        this.partitions = partitions;
        this.topics = topics;
        this.clockMs = clockMs;
        this.inflatedBytesMax = inflatedBytesMax;
        this.workPool = workPool;
        this.quotas = quotas;
        this.validation = validation;
    }

    @Override
    public void handle(Request request) {
        ProduceRequestData data = request.data(ProduceRequestData.class);
        if (data.transactionalId() != null || hasTransactionalRecords((ProduceRequest) request.body())) {
            request.fail(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.exception(
                    "transactions are not served by this broker"));
            return;
        }
        new ProduceAttempt(request, this).runOnLoop();
    }

    @Override
    public InPlaceHandler inPlace() {
        return new InPlaceProduce(this);
    }

    PartitionRegistry partitions() {
        return partitions;
    }

    TopicDirectory topics() {
        return topics;
    }

    long nowMs() {
        return clockMs.getAsLong();
    }

    long inflatedBytesMax() {
        return inflatedBytesMax;
    }

    ClientQuotas quotas() {
        return quotas;
    }

    CompressedValidation validation() {
        return validation;
    }

    WorkPool workPool() {
        return workPool;
    }

    /** Looks at the attributes of each first batch; bytes that are no batch are refused later, with their partition. */
    private static boolean hasTransactionalRecords(ProduceRequest request) {
        for (var topic : request.data().topicData()) {
            for (var partition : topic.partitionData()) {
                if (partition.records() instanceof MemoryRecords records && isTransactional(records)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isTransactional(MemoryRecords records) {
        var bytes = records.buffer();
        int at = bytes.position();
        return bytes.remaining() >= RecordBatchDescriptor.HEADER_SIZE
                && RecordBatchDescriptor.magic(bytes, at) == RecordBatch.MAGIC_VALUE_V2
                && RecordBatchDescriptor.isTransactional(bytes, at);
    }
}
