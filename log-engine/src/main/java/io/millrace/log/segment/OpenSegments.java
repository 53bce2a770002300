package io.millrace.log.segment;

import io.millrace.mapped.StorageException;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what the segments of a process hold open: each a descriptor and the mappings of its indexes. Beyond the bound those that were
 * not used for the longest time are <i>parked</i>; their next use opens them again. One for the process.
 *
 * <p>The order is that of a clock: a segment that was used since it was last looked at gets another round. One that somebody is using,
 * or whose bytes were not forced yet, stays open, so that the bound is soft: the active segments of logs that nobody ever forces
 * stay open, one descriptor each.
 *
 * <p>Arithmetic: 4,096 segments hold at most 4,096 descriptors and three mappings each, 12,288; with {@value PagePreparer#WINDOWS_MAX}
 * windows that is a third of the 65,530 mappings at which the kernel ends a process.
 *
 * <p>Called on paths that have just opened a file, where a few microseconds more do not show. Never waits for a lock of a log.
 */
public final class OpenSegments {
    /** The bound unless told otherwise. */
    public static final int SEGMENTS_MAX = 4096;

    /** Looks at so many for each one that is opened. */
    private static final int LOOKS_MAX = 16;
    /** Looks of a sweep: a millisecond or two. */
    private static final int SWEEP_LOOKS_MAX = 4096;

    private final int max;
    private final Set<Segment> clock = new LinkedHashSet<>(); // guarded by itself, the next to be looked at first
    private final ReadMappings readMappings = new ReadMappings();

    /** Bounds the open segments to {@code max}. */
    public OpenSegments(int max) {
        if (max < 1) {
            throw new IllegalArgumentException("open segments: " + max);
        }
        this.max = max;
    }

    /** Segments that may hold files open now. */
    public int count() {
        synchronized (clock) {
            return clock.size();
        }
    }

    /** A segment has been opened, for the first time or again. */
    void opened(Segment segment) {
        putBack(segment);
        parkBeyondBound(LOOKS_MAX);
    }

    /** Parks what has become idle, or was forced, since it was last looked at. For a background thread, every second or so. */
    public void sweep() {
        readMappings.sweep();
        parkBeyondBound(SWEEP_LOOKS_MAX);
    }

    /** Segments that are mapped for readers now. */
    public int mappedForReading() {
        return readMappings.count();
    }

    /** Bounds what is mapped for readers. */
    ReadMappings readMappings() {
        return readMappings;
    }

    private void parkBeyondBound(int looksMax) {
        for (int looks = 0; looks < looksMax; looks++) {
            Segment oldest = takeBeyondBound();
            if (oldest == null) {
                return;
            }
            if (!isParked(oldest)) {
                putBack(oldest);
            }
        }
    }

    /** A descriptor that cannot be closed held nothing that was not forced: it is not the matter of whoever opened another one. */
    private static boolean isParked(Segment segment) {
        try {
            return segment.tryPark();
        } catch (StorageException e) {
            return true;
        }
    }

    private @Nullable Segment takeBeyondBound() {
        synchronized (clock) {
            if (clock.size() <= max) {
                return null;
            }
            Iterator<Segment> oldest = clock.iterator();
            Segment taken = oldest.next();
            oldest.remove();
            return taken;
        }
    }

    private void putBack(Segment segment) {
        synchronized (clock) {
            clock.add(segment);
        }
        if (!segment.isSettled()) {
            left(segment); // it left its log while it was in nobody's hands
        }
    }

    /** A segment does not belong to its log any more. */
    void left(Segment segment) {
        synchronized (clock) {
            clock.remove(segment);
        }
    }
}
