package io.millrace.broker.kraft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.apache.kafka.common.message.AllocateProducerIdsRequestData;
import org.apache.kafka.common.message.AllocateProducerIdsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AllocateProducerIdsRequest;
import org.apache.kafka.common.requests.AllocateProducerIdsResponse;
import org.jspecify.annotations.Nullable;

/**
 * Hands out producer ids from the controller's blocks of a thousand.
 *
 * <p>The next block is asked for when a tenth of the current one is left, so a producer hardly ever waits. Whoever does
 * wait gets the id when the block comes, instead of being told to come again. All state is guarded by this.
 */
final class ProducerIdBlocks implements ProducerIds {
    private static final int PREFETCH_DIVISOR = 10;

    private final ControllerChannel channel;
    private final int nodeId;
    private final LongSupplier brokerEpoch;

    private final Queue<CompletableFuture<Long>> waiting = new ArrayDeque<>();
    private long next;
    private long end;
    private long prefetchAt;
    private @Nullable AllocateProducerIdsResponseData spare;
    private boolean asking;

    ProducerIdBlocks(ControllerChannel channel, int nodeId, LongSupplier brokerEpoch) {
        this.channel = channel;
        this.nodeId = nodeId;
        this.brokerEpoch = brokerEpoch;
    }

    @Override
    public CompletableFuture<Long> next() {
        CompletableFuture<Long> id;
        boolean ask;
        synchronized (this) {
            id = claim();
            ask = needsBlock();
            asking |= ask;
        }
        if (ask) {
            askForBlock();
        }
        return id;
    }

    private CompletableFuture<Long> claim() {
        if (next == end && spare != null) {
            use(spare);
            spare = null;
        }
        if (next < end) {
            return CompletableFuture.completedFuture(next++);
        }
        CompletableFuture<Long> later = new CompletableFuture<>();
        waiting.add(later);
        return later;
    }

    private void use(AllocateProducerIdsResponseData block) {
        next = block.producerIdStart();
        end = next + block.producerIdLen();
        prefetchAt = end - block.producerIdLen() / PREFETCH_DIVISOR;
    }

    private boolean needsBlock() {
        return !asking && spare == null && next >= prefetchAt;
    }

    private void askForBlock() {
        AllocateProducerIdsRequestData data =
                new AllocateProducerIdsRequestData().setBrokerId(nodeId).setBrokerEpoch(brokerEpoch.getAsLong());
        var unused = channel.send(new AllocateProducerIdsRequest.Builder(data)).whenComplete(this::answered);
    }

    private void answered(@Nullable AbstractResponse response, @Nullable Throwable failure) {
        if (response instanceof AllocateProducerIdsResponse answer
                && answer.data().errorCode() == 0) {
            serve(answer.data());
        } else if (response instanceof AllocateProducerIdsResponse answer) {
            refuse(Errors.forCode(answer.data().errorCode()));
        } else {
            refuse(failure == null ? Errors.UNKNOWN_SERVER_ERROR : Errors.forException(Failures.unwrapped(failure)));
        }
    }

    private void serve(AllocateProducerIdsResponseData block) {
        List<Runnable> answers = new ArrayList<>();
        synchronized (this) {
            asking = false;
            if (next < end) {
                spare = block;
            } else {
                use(block);
            }
            while (next < end && !waiting.isEmpty()) {
                CompletableFuture<Long> waiter = waiting.remove();
                long id = next++;
                answers.add(() -> waiter.complete(id));
            }
        }
        answers.forEach(Runnable::run);
        askAgainIfStillWaited();
    }

    private void askAgainIfStillWaited() {
        boolean ask;
        synchronized (this) {
            ask = !waiting.isEmpty() && needsBlock();
            asking |= ask;
        }
        if (ask) {
            askForBlock();
        }
    }

    /** COORDINATOR_LOAD_IN_PROGRESS is what every client retries; older ones take other errors for fatal. */
    private void refuse(Errors error) {
        List<CompletableFuture<Long>> refused;
        synchronized (this) {
            asking = false;
            refused = List.copyOf(waiting);
            waiting.clear();
        }
        String why = "No block of producer ids from the controller: " + error;
        refused.forEach(waiter -> waiter.completeExceptionally(Errors.COORDINATOR_LOAD_IN_PROGRESS.exception(why)));
    }
}
