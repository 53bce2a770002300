/**
 * What the integration tests stand on: brokers as child processes ({@link io.millrace.broker.it.support.MillraceProcess},
 * and Apache Kafka as {@link io.millrace.broker.it.support.KafkaProcess}), clients of other languages as child processes,
 * the real log lines that go in and the checkers of what comes out.
 *
 * <p>The tests choose their broker by the system property {@code it.broker} ({@code millrace}, the default, or
 * {@code kafka}): what passes against Apache Kafka is a true expectation, not an opinion about Millrace.
 */
package io.millrace.broker.it.support;
