package io.millrace.broker.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.RequestHeader;

/** Turns the bytes of one frame into a header and a request. Stateless; any thread. */
public final class RequestParser {
    private RequestParser() {}

    /**
     * Reads the header and moves {@code frame} behind it.
     *
     * @throws InvalidRequestException when the bytes are no header of an API that has a version
     */
    public static RequestHeader header(ByteBuffer frame) {
        return RequestHeader.parse(frame);
    }

    /**
     * Reads the body. An ApiVersions request of a version that does not exist is not read at all: it is answered in
     * version 0 with the versions that do (KIP-511).
     *
     * @throws InvalidRequestException when the body does not parse; the cause says why
     */
    public static AbstractRequest body(RequestHeader header, ByteBuffer frame) {
        if (header.apiKey() == ApiKeys.API_VERSIONS && !header.isApiVersionSupported()) {
            return new ApiVersionsRequest(new ApiVersionsRequestData(), (short) 0, header.apiVersion());
        }
        try {
            return AbstractRequest.parseRequest(header.apiKey(), header.apiVersion(), new ByteBufferAccessor(frame))
                    .request;
        } catch (RuntimeException e) {
            throw new InvalidRequestException("body of " + header.apiKey() + " v" + header.apiVersion(), e);
        }
    }

    /** The version a response is written in: that of the request, but 0 for an ApiVersions of an unknown version. */
    public static short responseVersion(RequestHeader header) {
        boolean unknown = header.apiKey() == ApiKeys.API_VERSIONS && !header.isApiVersionSupported();
        return unknown ? 0 : header.apiVersion();
    }

    /** Whether the parsed request may still read the frame's buffer: it has byte or record fields that are slices. */
    public static boolean keepsBuffer(ApiKeys api) {
        return api.requiresDelayedAllocation;
    }
}
