package io.millrace.broker.kraft;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.controller.ControllerRequestContext;

/**
 * One request to this node's controller, whichever way it came: over the controller listener, in an envelope, or from
 * this node's own broker without leaving the process.
 *
 * @param header API, version and client of the request
 * @param context the principal the controller acts for, and the listener
 * @param data the request itself
 * @param forwarded whether a broker passes it on for a client
 */
record ControllerCall(RequestHeader header, RequestContext context, ApiMessage data, boolean forwarded) {
    <T extends ApiMessage> T data(Class<T> type) {
        return type.cast(data);
    }

    /** Kafka's view of the caller, without a deadline. */
    ControllerRequestContext caller() {
        return new ControllerRequestContext(header.data(), context.principal, OptionalLong.empty());
    }

    /** Kafka's view of the caller, who waits no longer than this. */
    ControllerRequestContext caller(int timeoutMs) {
        long deadlineNs = Time.SYSTEM.nanoseconds() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        return new ControllerRequestContext(header.data(), context.principal, OptionalLong.of(deadlineNs));
    }
}
