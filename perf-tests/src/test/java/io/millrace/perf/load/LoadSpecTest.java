package io.millrace.perf.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LoadSpecTest {
    @ParameterizedTest
    @CsvSource({
        "rate, 0, not between 1",
        "rate, fast, not a whole number",
        "acks, 0, no answers",
        "acks, 2, none of 1",
        "partitions, 0, not between 1",
        "seconds, 0, not between 1",
        "record-size, -1, not between 1",
        "compression, rar, none of none",
        "path, fat, none of lean",
        "batch, 1000000, in one request",
        "colour, red, no such option"
    })
    void impossibleOptionsAreRefusedWithTheReason(String name, String value, String reason) {
        var refused = assertThrows(IllegalArgumentException.class, () -> LoadSpec.of(Map.of(name, value)));
        assertTrue(String.valueOf(refused.getMessage()).contains(reason), refused::getMessage);
    }

    @Test
    void aRealProducerMakesItsBatchesItself() {
        assertThrows(IllegalArgumentException.class, () -> LoadSpec.of(Map.of("path", "real", "batch", "10")));
    }

    @Test
    void anEmptyRunHasNoPercentiles() {
        LaneResult empty = new LaneResult("produce", new Histogram(Probe.HIGHEST_NS, Probe.DIGITS), List.of());
        assertThrows(IllegalStateException.class, () -> empty.percentileMs(99));
    }

    @Test
    void latencyCountsFromTheTimeARequestWasDue() {
        Meter meter = new Meter();
        Lane lane = meter.lane("produce");
        Probe probe = lane.newProbe();
        long nowNs = System.nanoTime();
        probe.answered(nowNs - 5_000_000, nowNs, 1, 100);
        meter.tick();
        assertEquals(5, lane.result().percentileMs(50), 0.01);
        assertEquals(new Interval.Counts(1, 1, 100), lane.result().counts());
    }

    @Test
    void theWarmUpIsThrownAway() {
        Meter meter = new Meter();
        Probe probe = meter.lane("produce").newProbe();
        probe.answered(0, 1_000_000_000, 1, 100);
        meter.tick();
        meter.restart();
        probe.answered(0, 1_000, 1, 7);
        meter.tick();
        LaneResult kept = meter.results().get(0);
        assertEquals(7, kept.counts().bytes());
        assertEquals(1, kept.latencies().getTotalCount());
        assertTrue(kept.percentileMs(100) < 1, () -> kept.percentileMs(100) + " ms");
    }

    @Test
    void aLatePaceDoesNotMoveWhatIsDue() {
        Pace pace = new Pace(1_000, 1_000_000);
        for (int i = 0; i < 10; i++) {
            assertEquals(1_000 + i * 1_000L, pace.nextNs());
            assertTrue(pace.await(0), "long due");
            pace.advance();
        }
    }
}
