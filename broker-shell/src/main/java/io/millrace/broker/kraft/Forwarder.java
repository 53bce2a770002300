package io.millrace.broker.kraft;

import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Hands an admin request to the active controller and answers with what it says.
 *
 * <p>In the process where this node is that controller, in an envelope over TCP otherwise. The controller acts for the
 * request's principal in both cases. Never blocks.
 */
public interface Forwarder extends RequestHandler {
    /** Forwards the request as it came. */
    @Override
    void handle(Request request);

    /**
     * Forwards other data of the same API and version in the request's name, and answers the request.
     *
     * @param answer completes what the controller answered, for instance by what the broker itself had refused
     */
    void forward(Request request, ApiMessage data, UnaryOperator<ApiMessage> answer);
}
