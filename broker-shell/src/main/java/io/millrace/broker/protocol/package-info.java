/**
 * The wire format, a leaf: bytes in, Kafka's own message classes out, and back. Knows {@code kafka-clients} and nothing
 * else of the broker.
 *
 * <p>In: the direct buffer of one frame. Out: a {@link org.apache.kafka.common.requests.RequestHeader} and the parsed
 * request, whose record fields are slices of that buffer. The frame's owner keeps the buffer alive as long as those
 * slices are read.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.broker.protocol;
