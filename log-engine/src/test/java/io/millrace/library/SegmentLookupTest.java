package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.index.OffsetIndex;
import io.millrace.index.TimeIndex;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of an index that is being written, against the index itself. */
class SegmentLookupTest {
    private static final long BASE = 5_000_000_000L;

    @TempDir
    private Path temp;

    @Test
    void findsWhatTheIndexFindsWhileItIsWritten() {
        long seed = System.nanoTime();
        System.out.println("SegmentLookupTest seed=" + seed);
        Random random = new Random(seed);
        SegmentLookup lookup = new SegmentLookup(temp);
        assertEquals(0, lookup.floorPosition(BASE, BASE + 5));
        assertEquals(BASE, lookup.floorOffset(BASE, 5));
        assertEquals(Long.MAX_VALUE, lookup.lastTimestamp(BASE));
        Path offsetFile = SegmentFiles.path(temp, BASE, SegmentFiles.OFFSET_INDEX);
        Path timeFile = SegmentFiles.path(temp, BASE, SegmentFiles.TIME_INDEX);
        try (OffsetIndex offsets = OffsetIndex.open(offsetFile, BASE, 8000, true, FileFaults.NONE);
                TimeIndex times = TimeIndex.open(timeFile, BASE, 12000, true, FileFaults.NONE)) {
            long offset = BASE;
            long time = Stores.TIME;
            int position = 0;
            for (int i = 0; i < 500; i++) {
                offset += 1 + random.nextInt(100);
                time += 1 + random.nextInt(100);
                position += 1 + random.nextInt(5000);
                offsets.append(offset, position);
                times.maybeAppend(time, offset, false);
                long wanted = BASE + random.nextInt((int) (offset - BASE) + 50);
                assertEquals(offsets.floorPosition(wanted), lookup.floorPosition(BASE, wanted), "seed=" + seed);
                long when = Stores.TIME + random.nextInt((int) (time - Stores.TIME) + 50);
                assertEquals(times.floorOffset(when), lookup.floorOffset(BASE, when), "seed=" + seed);
                assertEquals(time, lookup.lastTimestamp(BASE));
            }
            assertTrue(offsets.entries() == 500);
            assertEquals(position, lookup.floorPosition(BASE, Long.MAX_VALUE));
        }
        assertTrue(lookup.floorPosition(BASE, Long.MAX_VALUE) > 0);
    }
}
