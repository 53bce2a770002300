package io.millrace.broker.request.produce;

import io.millrace.broker.partition.RecordCheck;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;

/** Holds the records of a batch against what their topic demands of them. Called for topics that demand something, only. */
final class RecordChecks {
    /** No refusal: the batch must be looked at where blocking is allowed. */
    static final Refusal UNDECIDED = Refusal.of(Errors.NONE, null);

    private RecordChecks() {}

    /** Null where the batch may be stored; bytes that are no records are left to the log, which refuses them. */
    static @Nullable Refusal look(RecordCheck check, ByteBuffer batch, String clientId, boolean mayBlock) {
        List<BatchIndexAndErrorMessage> errors = new ArrayList<>(0);
        try (CloseableIterator<Record> records = MemoryRecords.readableRecords(batch.slice())
                .batches()
                .iterator()
                .next()
                .streamingIterator(BufferSupplier.NO_CACHING)) {
            for (int index = 0; records.hasNext(); index++) {
                Record record = records.next();
                switch (check.check(record, mayBlock)) {
                    case PASSED -> {}
                    case UNDECIDED -> {
                        return UNDECIDED;
                    }
                    case REFUSED ->
                        errors.add(new BatchIndexAndErrorMessage()
                                .setBatchIndex(index)
                                .setBatchIndexErrorMessage(check.explain(record)));
                }
            }
        } catch (RuntimeException e) {
            return null;
        }
        if (errors.isEmpty()) {
            return null;
        }
        if (!check.rejects()) {
            check.count(clientId, errors.size());
            return null;
        }
        return new Refusal(
                Errors.INVALID_RECORD,
                errors.size() + " records do not have a schema of their topic, the first one: record "
                        + errors.get(0).batchIndex() + " of the batch, "
                        + errors.get(0).batchIndexErrorMessage(),
                errors);
    }
}
