/**
 * Handlers of everything that is not the data path: metadata, configurations, topics, groups, and the describe calls of
 * the admin tools. Each class holds one concern and puts its handlers on a router by {@code registerOn}.
 *
 * <p>In: decoded requests, on an event loop. Out: response messages, at once from the metadata image, or later from the
 * futures of the group coordinator and of the controller. Nothing here blocks, and nothing here owns a thread or a
 * resource: the node owns the collaborators, the handlers only refer to them.
 */
@NullMarked
package io.millrace.broker.admin;

import org.jspecify.annotations.NullMarked;
