package io.millrace.broker.request;

import org.jspecify.annotations.Nullable;

/** Answers the requests of one API. */
@FunctionalInterface
public interface RequestHandler {

    /**
     * Handles one request on the event loop that read it; must not block. The request is answered here, or later by any
     * thread. Whatever is thrown is answered as the API's error response.
     */
    void handle(Request request);

    /** A new handler for the common requests of this API, for one event loop; null where it has none. */
    default @Nullable InPlaceHandler inPlace() {
        return null;
    }
}
