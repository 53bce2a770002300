package io.millrace.log.inspect;

import org.jspecify.annotations.Nullable;

/**
 * How deep to look, and what to put up with.
 *
 * @param walker takes the batches apart, so that records are checked too; null where headers and checksums are enough
 * @param compacted offsets may be missing anywhere; without it below what Kafka's cleaner has noted only
 * @param live somebody may be appending meanwhile: what is not whole yet at the very end is no problem
 */
public record VerifyOptions(@Nullable RecordWalker walker, boolean compacted, boolean live) {
    /** Headers and checksums of a log at rest. */
    public static final VerifyOptions DEFAULT = new VerifyOptions(null, false, false);
}
