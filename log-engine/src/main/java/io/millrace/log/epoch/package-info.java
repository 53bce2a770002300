/**
 * Leader epochs of a log and where each began: by them replicas find the point up to which they agree (KIP-101, KIP-279).
 *
 * <p>In: epoch and base offset of each appended batch, truncations. Out: the end offset of an epoch. Kept in
 * {@code leader-epoch-checkpoint}. Written by the log's writer, read by anybody without a lock.
 */
@NullMarked
package io.millrace.log.epoch;

import org.jspecify.annotations.NullMarked;
