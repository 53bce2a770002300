package io.millrace.library;

import io.millrace.log.SegmentDescription;
import java.util.List;

/**
 * What retention would delete if it ran now. Nothing was touched.
 *
 * @param segments that would go, oldest first
 * @param bytes of them
 * @param logStart the first offset that would be left
 */
public record RetentionPreview(List<SegmentDescription> segments, long bytes, long logStart) {
    /** Copies the list. */
    public RetentionPreview {
        segments = List.copyOf(segments);
    }
}
