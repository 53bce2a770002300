package io.millrace.broker.kraft;

import java.util.concurrent.CompletableFuture;

/** Producer ids for idempotent producers, unique in the cluster, from blocks that the controller hands out. */
public interface ProducerIds {
    /** The next id; completes at once but where a block must be fetched first. Fails with an ApiException. */
    CompletableFuture<Long> next();
}
