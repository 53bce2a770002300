/**
 * What a node was told: server.properties with Kafka's names, environment variables and command-line overrides flow in, one
 * immutable, checked {@link io.millrace.broker.config.NodeConfig} flows out.
 *
 * <p>Which name wins, which names exist and which of them Millrace acts on is decided here and nowhere else. Nothing in this
 * package prints, opens a socket or touches the data directory; it reads one file.
 */
@NullMarked
package io.millrace.broker.config;

import org.jspecify.annotations.NullMarked;
