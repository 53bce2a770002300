package io.millrace.library;

import io.millrace.log.LogClock;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Leads a tailer from segment to segment: to the one that holds an offset, to the one behind the last batch of this one, and over what
 * retention has deleted or compaction has taken away.
 *
 * <p>Owned by the tailer's thread.
 */
final class SegmentChain {
    /** While nothing comes, the next segment's file is looked for so often. */
    private static final long LOOK_NS = TimeUnit.MICROSECONDS.toNanos(200);
    /** And so often where the file has no room for another batch like the last one: the next segment is about to be made. */
    private static final long LOOK_AT_END_NS = TimeUnit.MICROSECONDS.toNanos(20);
    /** And the directory is listed so often, for a gap or a deletion. */
    private static final long LIST_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final int LOCATE_ATTEMPTS = 20;
    private static final long UNKNOWN = TailCursor.UNKNOWN;
    private static final long NOT_NOW = -2;

    private final Path directory;
    private final TailCursor cursor;
    private final SegmentWindow window;
    private final LogFiles files;
    private final SegmentLookup lookup;
    private final LogClock clock;

    /** The next offset for which its segment was looked up once more, before anything was passed over. */
    private long relocatedFor = UNKNOWN;

    private long lastLookNs;
    private long lastListNs;

    SegmentChain(Path directory, TailCursor cursor, LogFiles files, SegmentLookup lookup, LogClock clock) {
        this.directory = directory;
        this.cursor = cursor;
        this.window = cursor.window;
        this.files = files;
        this.lookup = lookup;
        this.clock = clock;
        forget();
    }

    /** Everything may be looked at again at once. */
    void forget() {
        relocatedFor = UNKNOWN;
        long now = clock.nanos();
        lastLookNs = now - LOOK_NS;
        lastListNs = now - LIST_NS;
    }

    // ---- beside the writer
    // --------------------------------------------------------------------------------------------------------

    /** What is published and not here is in the next segment, or gone. False where it cannot be told right now. */
    boolean enterAfter(int attempt) {
        if (attempt >= LOCATE_ATTEMPTS) {
            throw notFound();
        }
        if (window.isOpen() && cursor.chainOffset == UNKNOWN) {
            cursor.startOfSegment();
            return true;
        }
        if (window.isOpen() && cursor.enter(cursor.chainOffset)) {
            return true;
        }
        if (relocatedFor != cursor.nextOffset) {
            relocatedFor = cursor.nextOffset;
            return locate(cursor.nextOffset);
        }
        long base = baseBehindGap();
        if (base == UNKNOWN) {
            throw notFound();
        }
        return base != NOT_NOW && cursor.enter(base);
    }

    private StorageException notFound() {
        return StorageException.damaged(
                directory, cursor.position, "offset " + cursor.nextOffset + " is published and not found");
    }

    // ---- out of the files
    // ---------------------------------------------------------------------------------------------------------

    /** While nothing comes: whether the log goes on in another file, or in this one after all. */
    boolean lookForNextSegment() {
        long now = clock.nanos();
        long elapsedNs = now - lastLookNs;
        if (elapsedNs < LOOK_AT_END_NS || (elapsedNs < LOOK_NS && !isAtEndOfFile())) {
            return false;
        }
        lastLookNs = now;
        long base = cursor.chainOffset != window.baseOffset() && files.exists(cursor.chainOffset)
                ? cursor.chainOffset
                : UNKNOWN;
        if (base == UNKNOWN && now - lastListNs >= LIST_NS) {
            lastListNs = now;
            requireUncut();
            base = baseBehindGap();
            if (base >= 0 && relocatedFor != cursor.nextOffset) {
                relocatedFor = cursor.nextOffset;
                return locate(cursor.nextOffset);
            }
        }
        // The file of the next segment is made after the last batch of this one: look once more.
        return base >= 0 && (window.sizeAt(cursor.position) != 0 || cursor.enter(base));
    }

    /** Whether what is reserved of the file is used up, to the page: a busy writer has reserved more, until it rolls. */
    private boolean isAtEndOfFile() {
        long needed = cursor.position + cursor.sizeInBytes + SegmentWindow.PAGE;
        return cursor.sizeInBytes > 0 && window.knownEnd() < needed && window.fileSize() < needed;
    }

    /**
     * Where the log goes on that neither ends here nor goes on at the next offset: behind what was deleted or compacted away. While
     * compaction swaps its segments in, one of them may have no name: then this is not the time to jump.
     */
    private long baseBehindGap() {
        long least = Math.max(cursor.chainOffset, window.baseOffset() + (window.isOpen() ? 1 : 0));
        long[] bases = files.bases();
        long base = LogFiles.firstAtLeast(bases, least);
        if (base != UNKNOWN && (files.isSwapping() || LogFiles.firstAtLeast(files.bases(), least) != base)) {
            return NOT_NOW;
        }
        if (base != UNKNOWN && bases.length > 0 && bases[0] > cursor.nextOffset) {
            cursor.skipTo(bases[0]);
        }
        return base;
    }

    private void requireUncut() {
        long fileSize = window.fileSize();
        if (fileSize < cursor.position && !window.isGone()) {
            throw StorageException.damaged(
                    window.path(),
                    fileSize,
                    "segment was cut below position " + cursor.position + ", which was read already");
        }
    }

    /** {@link #locate} of what is wanted next, and not too often. */
    boolean locateInTime() {
        long now = clock.nanos();
        if (now - lastListNs < LIST_NS) {
            return false;
        }
        lastListNs = now;
        return locate(cursor.nextOffset);
    }

    /** Opens the segment of an offset, and stands at a batch at or below it. False where the log has no file. */
    boolean locate(long offset) {
        for (int attempt = 0; attempt < LOCATE_ATTEMPTS; attempt++) {
            long[] bases = files.bases();
            if (bases.length == 0) {
                window.close();
                return false;
            }
            long wanted = Math.max(offset, files.earliest(bases));
            if (wanted > offset && (files.isSwapping() || !Arrays.equals(files.bases(), bases))) {
                window.close();
                return false;
            }
            if (cursor.enter(bases[LogFiles.floorIndex(bases, wanted)])) {
                startAt(wanted);
                return true;
            }
            // Deleted between the list and the open.
        }
        throw StorageException.damaged(directory, -1, "segments vanish while they are opened");
    }

    /** Stands at a batch at or below an offset in the segment that is open. */
    void startAt(long wanted) {
        if (wanted > cursor.nextOffset) {
            cursor.skipTo(wanted);
        }
        cursor.jumpTo(lookup.floorPosition(window.baseOffset(), wanted));
    }
}
