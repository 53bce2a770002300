/**
 * A small HTTP server on the node's event loops, for what people reach with a browser or curl beside Kafka's protocol.
 *
 * <p>In: requests of at most a stated size, put together by Netty's codec. Out: an {@link io.millrace.broker.net.http.HttpCall}
 * to a service, which answers it once, from any thread. Owned by the node, like the listeners of the protocol; it keeps no
 * state but its connections.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.broker.net.http;
