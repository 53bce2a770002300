/**
 * The composition root: a checked {@link io.millrace.broker.config.NodeConfig} flows in, a running node comes out, started
 * and stopped in one documented order. Owns every part of the node; nothing below knows this package.
 */
@NullMarked
package io.millrace.broker.node;

import org.jspecify.annotations.NullMarked;
