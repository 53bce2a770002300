package io.millrace.log;

import io.millrace.log.compact.CleanerSettings;
import io.millrace.log.compact.CleaningCounts;
import io.millrace.log.compact.CleaningView;
import io.millrace.log.compact.IoThrottle;
import io.millrace.log.compact.KeyOffsetMap;
import io.millrace.log.compact.RecordCodec;
import io.millrace.log.compact.SegmentCleaner;
import org.jspecify.annotations.Nullable;

/** What a thread cleans with, one log after the other. Owned by that thread. */
final class CleanerTools {
    private final CleanerSettings settings;
    private final IoThrottle throttle;
    private final @Nullable RecordCodec codec;

    CleanerTools(CleanerSettings settings, IoThrottle throttle, @Nullable RecordCodec codec) {
        this.settings = settings;
        this.throttle = throttle;
        this.codec = codec;
    }

    /** For a part of a log with so many offsets: a map is never larger than they could fill. */
    SegmentCleaner cleaner(CleaningView view, long dirtyOffsets, CleaningCounts counts) {
        long bytes = Math.min(settings.mapBytes(), KeyOffsetMap.bytesFor(dirtyOffsets, settings.dedupeLoadFactor()));
        KeyOffsetMap keys = new KeyOffsetMap(bytes, settings.dedupeLoadFactor());
        return new SegmentCleaner(view, keys, throttle, codec, settings.bufferBytes(), counts);
    }
}
