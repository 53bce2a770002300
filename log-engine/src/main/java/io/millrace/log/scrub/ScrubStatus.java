package io.millrace.log.scrub;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the scrub of a data directory stands. Counts are those of the pass at work or of the last one, since the process was started.
 *
 * @param running a pass is at work
 * @param startedMs wall clock time at which the pass began, -1 before the first one
 * @param nextMs when the next one is due; not before, where this one is at work
 * @param at the segment that was read last, or is being read; null before the first one
 * @param segments how many have been read
 * @param bytes of them, also of the one at work
 * @param bytesExpected of the sealed segments when the pass began, or when the process was started; new ones come, old ones go
 * @param sumsAdded how many have been given header sums
 * @param damaged the segments that were found not to be what was written, also by earlier passes; until one finds them sound or gone
 */
public record ScrubStatus(
        boolean running,
        long startedMs,
        long nextMs,
        @Nullable ScrubPlace at,
        int segments,
        long bytes,
        long bytesExpected,
        int sumsAdded,
        List<ScrubPlace> damaged) {}
