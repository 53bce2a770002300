/**
 * Requests and who answers them. The network layer parses a frame into a {@link io.millrace.broker.request.Request} and
 * gives it to the {@link io.millrace.broker.request.RequestRouter}; a {@link io.millrace.broker.request.RequestHandler}
 * answers it, at once or later, on any thread. Exactly one answer leaves for each request, in the order the requests
 * came on their connection.
 *
 * <p>Handlers run on the event loop that read the frame and must not block it.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.broker.request;
