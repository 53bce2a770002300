package io.millrace.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LogOffsetsTest {
    private final LogOffsets offsets = new LogOffsets(10, 12, 20, 10, 1000);

    @Test
    void highWatermarkNeverPassesTheEndNorFalls() {
        assertTrue(offsets.advanceHighWatermark(15));
        assertFalse(offsets.advanceHighWatermark(14));
        assertTrue(offsets.advanceHighWatermark(99));
        assertEquals(20, offsets.highWatermark());
    }

    @Test
    void lastStableIsHeldBackByAnOpenTransaction() {
        offsets.advanceHighWatermark(20);
        assertEquals(20, offsets.lastStable());
        offsets.firstUnstableIs(17);
        assertEquals(17, offsets.lastStable());
        offsets.firstUnstableIs(3);
        assertEquals(10, offsets.lastStable());
        offsets.firstUnstableIs(Long.MAX_VALUE);
        assertEquals(20, offsets.lastStable());
    }

    @Test
    void risingStartTakesTheOthersWithIt() {
        offsets.startsAt(18);
        assertEquals(18, offsets.logStart());
        assertEquals(18, offsets.flushed());
        assertEquals(18, offsets.highWatermark());
    }

    @Test
    void cutBringsTheOthersDown() {
        offsets.flushedTo(20);
        offsets.advanceHighWatermark(20);
        offsets.cutTo(10, 14, 10, 400);
        assertEquals(14, offsets.end());
        assertEquals(14, offsets.flushed());
        assertEquals(14, offsets.highWatermark());
        assertEquals(400, offsets.knownPosition(14, 10));
    }

    @Test
    void endNeverFallsByAnAppend() {
        assertThrows(AssertionError.class, () -> offsets.endsAt(19, 10, 900));
    }

    @Test
    void positionIsKnownOfEndAndWatermarkInTheirSegment() {
        assertEquals(1000, offsets.knownPosition(20, 10));
        assertEquals(OffsetPosition.UNKNOWN, offsets.knownPosition(20, 0));
        assertEquals(OffsetPosition.UNKNOWN, offsets.knownPosition(19, 10));
        offsets.advanceHighWatermark(20);
        offsets.endsAt(25, 10, 1500);
        assertEquals(1000, offsets.knownPosition(20, 10));
        assertEquals(1500, offsets.knownPosition(25, 10));
    }

    @Test
    void restartMayLieAnywhere() {
        offsets.restartAt(5);
        assertEquals(5, offsets.logStart());
        assertEquals(5, offsets.end());
        offsets.restartAt(500);
        assertEquals(500, offsets.highWatermark());
        assertEquals(500, offsets.flushed());
    }
}
