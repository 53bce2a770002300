package io.millrace.broker.net.http;

/** What answers the requests of an {@link HttpListener}. */
@FunctionalInterface
public interface HttpService {
    /** Called on an event loop; must not block, and answers the call once, now or later. */
    void handle(HttpCall call);
}
