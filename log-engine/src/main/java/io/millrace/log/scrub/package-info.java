/**
 * The scrub: what sealed segments hold on the disk is read again from time to time, so that damage is found before somebody needs the
 * bytes.
 *
 * <p>In: how much may be read a second, and how often ({@link io.millrace.log.scrub.ScrubSettings}). Out: where a data directory's pass
 * stands, across restarts ({@link io.millrace.log.scrub.ScrubCheckpoint}), and what it has found. Owned by the scrubber's one thread
 * ({@link io.millrace.log.LogScrubber}); the records are shown to anybody.
 */
@NullMarked
package io.millrace.log.scrub;

import org.jspecify.annotations.NullMarked;
