package io.millrace.broker.request.offsets;

import io.millrace.broker.request.ProducerIdSource;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Answers InitProducerId with a new id for an idempotent producer. One with a transactional id is told that this broker
 * does not serve transactions, which ends it at once instead of letting it try for ever. Owned by the node.
 */
public final class InitProducerIdHandler implements RequestHandler {
    private final ProducerIdSource ids;

    public InitProducerIdHandler(ProducerIdSource ids) {
        this.ids = ids;
    }

    @Override
    public void handle(Request request) {
        InitProducerIdRequestData data = request.data(InitProducerIdRequestData.class);
        boolean hasId = data.producerId() != RecordBatch.NO_PRODUCER_ID;
        boolean hasEpoch = data.producerEpoch() != RecordBatch.NO_PRODUCER_EPOCH;
        if (data.transactionalId() != null) {
            request.fail(Errors.UNSUPPORTED_VERSION.exception("transactions are not served by this broker"));
        } else if (hasId != hasEpoch) {
            request.fail(Errors.INVALID_REQUEST.exception());
        } else {
            answer(request);
        }
    }

    private void answer(Request request) {
        var unused = ids.next().whenComplete((id, failure) -> {
            if (failure == null) {
                request.respond(
                        new InitProducerIdResponseData().setProducerId(id).setProducerEpoch((short) 0));
            } else {
                Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                request.fail(cause == null ? failure : cause);
            }
        });
    }
}
