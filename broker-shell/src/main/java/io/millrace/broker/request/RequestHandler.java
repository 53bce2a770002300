package io.millrace.broker.request;

/** Answers the requests of one API. */
@FunctionalInterface
public interface RequestHandler {

    /**
     * Handles one request on the event loop that read it; must not block. The request is answered here, or later by any
     * thread. Whatever is thrown is answered as the API's error response.
     */
    void handle(Request request);
}
