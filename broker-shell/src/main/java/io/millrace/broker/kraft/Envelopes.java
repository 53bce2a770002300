package io.millrace.broker.kraft;

import io.millrace.broker.request.Request;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.PrincipalDeserializationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.EnvelopeRequestData;
import org.apache.kafka.common.message.EnvelopeResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.EnvelopeRequest;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Requests that a broker passes on for a client (KIP-590): the client's request with its header, the client's principal
 * and address. Stateless; any thread.
 */
final class Envelopes {
    private Envelopes() {}

    /** Runs the request inside; the future fails only where the envelope itself is broken. */
    static CompletableFuture<ApiMessage> open(Request outer, ControllerApi api) {
        EnvelopeRequestData envelope = outer.data(EnvelopeRequestData.class);
        ByteBuffer inside = envelope.requestData().duplicate();
        RequestHeader header = header(inside);
        if (!header.apiKey().forwardable) {
            throw new InvalidRequestException("API " + header.apiKey() + " is not eligible for forwarding");
        }
        RequestContext context = context(outer, header, envelope);
        AbstractRequest request = parse(context, inside);
        return api.call(new ControllerCall(header, context, request.data(), true))
                .handle((response, failure) -> seal(header, response == null ? error(request, failure) : response));
    }

    private static ApiMessage error(AbstractRequest request, @Nullable Throwable failure) {
        Throwable cause = failure == null ? new IllegalStateException("no answer") : Failures.unwrapped(failure);
        return request.getErrorResponse(cause).data();
    }

    private static RequestHeader header(ByteBuffer inside) {
        try {
            return RequestHeader.parse(inside);
        } catch (InvalidRequestException e) {
            throw new UnsupportedVersionException("Failed to parse request header from envelope", e);
        }
    }

    private static RequestContext context(Request outer, RequestHeader header, EnvelopeRequestData envelope) {
        return new RequestContext(
                header,
                outer.context().connectionId,
                address(envelope.clientHostAddress()),
                principal(envelope.requestPrincipal()),
                outer.listener(),
                outer.context().securityProtocol,
                ClientInformation.EMPTY,
                false);
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new InvalidRequestException("Failed to parse client address from envelope", e);
        }
    }

    private static KafkaPrincipal principal(byte[] bytes) {
        try {
            return new DefaultKafkaPrincipalBuilder(null, null).deserialize(bytes);
        } catch (RuntimeException e) {
            throw new PrincipalDeserializationException("Failed to deserialize client principal from envelope", e);
        }
    }

    private static AbstractRequest parse(RequestContext context, ByteBuffer inside) {
        try {
            return context.parseRequest(inside).request;
        } catch (RuntimeException e) {
            throw new UnsupportedVersionException("Failed to parse request from envelope", e);
        }
    }

    /** An envelope with the answer inside, or NOT_CONTROLLER on its outside, which makes the sender look again. */
    private static ApiMessage seal(RequestHeader header, ApiMessage response) {
        ByteBuffer payload = payload(header, response);
        if (tellsOtherController(header, payload.duplicate())) {
            return new EnvelopeResponseData().setErrorCode(Errors.NOT_CONTROLLER.code());
        }
        return new EnvelopeResponseData().setResponseData(payload).setErrorCode(Errors.NONE.code());
    }

    private static ByteBuffer payload(RequestHeader header, ApiMessage response) {
        return RequestUtils.serialize(
                new ResponseHeaderData().setCorrelationId(header.correlationId()),
                header.apiKey().responseHeaderVersion(header.apiVersion()),
                response,
                header.apiVersion());
    }

    private static boolean tellsOtherController(RequestHeader header, ByteBuffer payload) {
        Errors sign =
                header.apiKey() == ApiKeys.DESCRIBE_QUORUM ? Errors.NOT_LEADER_OR_FOLLOWER : Errors.NOT_CONTROLLER;
        return AbstractResponse.parseResponse(payload, header).errorCounts().containsKey(sign);
    }

    /** Puts a request into an envelope, for the active controller elsewhere. */
    static EnvelopeRequest.Builder enclose(
            RequestHeader header, ApiMessage data, KafkaPrincipal principal, InetAddress client) {
        ByteBuffer inside = RequestUtils.serialize(header.data(), header.headerVersion(), data, header.apiVersion());
        return new EnvelopeRequest.Builder(
                inside, new DefaultKafkaPrincipalBuilder(null, null).serialize(principal), client.getAddress());
    }

    /** Takes the answer out of an envelope; the channel has dealt with one that names another controller. */
    static ApiMessage opened(RequestHeader header, EnvelopeResponseData envelope) {
        Errors error = Errors.forCode(envelope.errorCode());
        if (error != Errors.NONE) {
            // An error of the envelope is between the nodes; a client could not make sense of it.
            throw error == Errors.UNSUPPORTED_VERSION ? error.exception() : Errors.UNKNOWN_SERVER_ERROR.exception();
        }
        return AbstractResponse.parseResponse(envelope.responseData(), header).data();
    }
}
