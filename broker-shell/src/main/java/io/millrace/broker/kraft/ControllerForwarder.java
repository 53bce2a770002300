package io.millrace.broker.kraft;

import io.millrace.broker.request.Request;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Forwards by a channel of its own, so that a slow admin request holds up no heartbeat, and answers when this broker sees
 * what the controller did. Any thread.
 */
final class ControllerForwarder implements Forwarder {
    private final ControllerChannel channel;
    private final Supplier<CompletableFuture<Void>> seenHere;

    /**
     * A forwarder for this node's clients.
     *
     * @param seenHere completes when this broker's clients see all that is committed now
     */
    ControllerForwarder(ControllerChannel channel, Supplier<CompletableFuture<Void>> seenHere) {
        this.channel = channel;
        this.seenHere = seenHere;
    }

    @Override
    public void handle(Request request) {
        forward(request, request.data(), UnaryOperator.identity());
    }

    @Override
    public void forward(Request request, ApiMessage data, UnaryOperator<ApiMessage> answer) {
        var unused = channel.forward(request.header(), request.context(), data)
                .thenCompose(response -> seenHere.get().thenApply(seen -> answer.apply(response)))
                .whenComplete((response, failure) -> {
                    if (failure != null) {
                        request.fail(Failures.unwrapped(failure));
                    } else {
                        request.respond(response);
                    }
                });
    }
}
