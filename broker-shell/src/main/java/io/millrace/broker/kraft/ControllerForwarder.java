package io.millrace.broker.kraft;

import io.millrace.broker.request.Request;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.protocol.ApiMessage;

/** Forwards by a channel of its own, so that a slow admin request holds up no heartbeat. Any thread. */
final class ControllerForwarder implements Forwarder {
    private final ControllerChannel channel;

    ControllerForwarder(ControllerChannel channel) {
        this.channel = channel;
    }

    @Override
    public void handle(Request request) {
        forward(request, request.data(), UnaryOperator.identity());
    }

    @Override
    public void forward(Request request, ApiMessage data, UnaryOperator<ApiMessage> answer) {
        var unused = channel.forward(request.header(), request.context(), data)
                .thenApply(answer)
                .whenComplete((response, failure) -> {
                    if (failure != null) {
                        request.fail(Failures.unwrapped(failure));
                    } else {
                        request.respond(response);
                    }
                });
    }
}
