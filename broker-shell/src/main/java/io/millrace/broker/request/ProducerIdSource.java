package io.millrace.broker.request;

import java.util.concurrent.CompletableFuture;

/** Where new producer ids come from: blocks of them are handed out by the controller. Any thread; does not block. */
@FunctionalInterface
public interface ProducerIdSource {

    /** A producer id that no other producer of the cluster has had; fails with an {@code ApiException}. */
    CompletableFuture<Long> next();
}
