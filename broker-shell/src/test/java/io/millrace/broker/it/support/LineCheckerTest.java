package io.millrace.broker.it.support;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LineCheckerTest {
    private final List<LogLines.Line> lines = LogLines.of(List.of("Apache.log", "Spark.log"));

    @Test
    void acceptsTheLinesAsTheyAre() {
        assertEquals(List.of(), LineChecker.once(lines).faults(received()));
    }

    @Test
    void findsALostLine() {
        List<Received> received = received();
        received.remove(17);
        assertEquals(List.of("lost: Apache.log:17"), LineChecker.once(lines).faults(received));
    }

    @Test
    void findsADoubledLine() {
        List<Received> received = received();
        received.add(new Received(2, 99_999, "Apache.log:17", lines.get(17).text()));
        assertFault("doubled", LineChecker.once(lines).faults(received));
        assertEquals(List.of(), LineChecker.atLeastOnce(lines).faults(received));
    }

    @Test
    void findsASingleChangedByte() {
        List<Received> received = received();
        Received line = received.get(17);
        received.set(
                17,
                new Received(
                        line.partition(),
                        line.offset(),
                        line.key(),
                        line.value().replace('\r', ' ')));
        assertFault("changed", LineChecker.once(lines).faults(received));
    }

    @Test
    void findsLinesInTheWrongOrder() {
        List<Received> received = received();
        Received line = received.get(16);
        received.set(16, new Received(line.partition(), 99_999, line.key(), line.value()));
        assertFault("out of order", LineChecker.once(lines).faults(received));
    }

    @Test
    void findsALineThatNobodyProduced() {
        List<Received> received = received();
        received.add(new Received(0, 99_999, "Apache.log:2000", "text"));
        assertFault("never produced", LineChecker.once(lines).faults(received));
    }

    private static void assertFault(String kind, List<String> faults) {
        assertEquals(1, faults.size(), faults::toString);
        assertTrue(faults.get(0).startsWith(kind), faults::toString);
    }

    private List<Received> received() {
        List<Received> received = new ArrayList<>();
        for (LogLines.Line line : lines) {
            received.add(new Received(line.number() % 3, line.number(), line.key(), line.text()));
        }
        return received;
    }
}
