package io.millrace.broker.kraft;

import io.millrace.broker.request.ProducerIdSource;
import java.util.concurrent.CompletableFuture;

/** Producer ids for idempotent producers, unique in the cluster, from blocks that the controller hands out. */
public interface ProducerIds extends ProducerIdSource {
    /** The next id; completes at once but where a block must be fetched first. Fails with an ApiException. */
    @Override
    CompletableFuture<Long> next();
}
