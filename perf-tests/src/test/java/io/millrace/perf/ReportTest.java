package io.millrace.perf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ReportTest {
    private final Report report = new Report(Map.of("commit", "abc"));

    @Test
    void mediansAndRatiosAreOfTheRounds() {
        for (double value : new double[] {9, 1, 3}) {
            report.add(ServerKind.MILLRACE, all(value));
            report.add(ServerKind.KAFKA, all(2 * value));
        }
        assertEquals(3, report.median(ServerKind.MILLRACE, Figure.START_MS));
        assertEquals(0.5, report.ratio(Figure.START_MS));
        assertTrue(
                report.markdown().contains("| 3.00 (1.00 to 9.00) | 6.00 (2.00 to 18.0) | 0.50 |"), report::markdown);
    }

    @Test
    void jsonKeepsEveryRoundInItsOrder() {
        report.add(ServerKind.MILLRACE, all(2));
        report.add(ServerKind.MILLRACE, all(1));
        assertTrue(report.json().contains("\"START_MS\": [2.0, 1.0]"), report::json);
    }

    private static Map<Figure, Double> all(double value) {
        Map<Figure, Double> figures = new EnumMap<>(Figure.class);
        for (Figure figure : Figure.values()) {
            figures.put(figure, value);
        }
        return figures;
    }
}
