package io.millrace.perf.target;

import io.millrace.perf.load.Interval;
import io.millrace.perf.load.LaneResult;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.Measurement;
import io.millrace.perf.load.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * A flight recording of a broker's JVM with the two events that are wanted, garbage collections and allocation by thread, and nothing that
 * samples. The file is there once the JVM has ended. Owned by one round.
 */
public final class FlightRecording implements AutoCloseable {
    private static final String SETTINGS = """
            <?xml version="1.0" encoding="UTF-8"?>
            <configuration version="2.0" label="perf-tests" provider="Millrace">
              <event name="jdk.GarbageCollection"><setting name="enabled">true</setting><setting name="threshold">0 ms</setting></event>
              <event name="jdk.ThreadAllocationStatistics"><setting name="enabled">true</setting><setting name="period">500 ms</setting></event>
            </configuration>
            """;

    private final Path settings;
    private final Path file;

    private FlightRecording(Path settings, Path file) {
        this.settings = settings;
        this.file = file;
    }

    /** A recording to come, in the directory for temporary files. */
    public static FlightRecording create() throws LoadFailure {
        try {
            Path settings = Files.createTempFile("perf-tests-", ".jfc");
            Files.writeString(settings, SETTINGS);
            return new FlightRecording(settings, Files.createTempFile("perf-tests-", ".jfr"));
        } catch (IOException e) {
            throw new LoadFailure("no file for a recording: " + LoadFailure.lineOf(e), e);
        }
    }

    /** The flag that makes a JVM record. */
    public String flag() {
        return "-XX:StartFlightRecording=filename=" + file + ",settings=" + settings + ",dumponexit=true";
    }

    /** What the JVM, which has ended, recorded while the load was measured. */
    public Map<Metric, Double> figures(Measurement measured) throws LoadFailure {
        Tally tally = new Tally(measured.from(), measured.until());
        try (RecordingFile recording = new RecordingFile(file)) {
            while (recording.hasMoreEvents()) {
                tally.add(recording.readEvent());
            }
        } catch (IOException e) {
            throw new LoadFailure("the recording cannot be read: " + LoadFailure.lineOf(e), e);
        }
        return tally.figures(measured);
    }

    @Override
    public void close() throws LoadFailure {
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(settings);
        } catch (IOException e) {
            throw new LoadFailure("a recording cannot be removed: " + LoadFailure.lineOf(e), e);
        }
    }

    /** Sums over the measured time. */
    private static final class Tally {
        private final Instant from;
        private final Instant until;
        private final Map<Long, Long> before = new HashMap<>();
        private final Map<Long, Long> after = new HashMap<>();
        private double pausesMs;
        private double longestPauseMs;
        private long collections;

        Tally(Instant from, Instant until) {
            this.from = from;
            this.until = until;
        }

        void add(RecordedEvent event) {
            if (event.getEventType().getName().equals("jdk.GarbageCollection")) {
                if (event.getStartTime().isAfter(from) && event.getStartTime().isBefore(until)) {
                    collections++;
                    pausesMs += event.getDuration("sumOfPauses").toNanos() / 1e6;
                    longestPauseMs = Math.max(
                            longestPauseMs, event.getDuration("longestPause").toNanos() / 1e6);
                }
            } else if (event.hasField("allocated") && event.getThread("thread") != null) {
                long thread = event.getThread("thread").getId();
                long allocated = event.getLong("allocated");
                if (event.getStartTime().isBefore(from)) {
                    before.merge(thread, allocated, Math::max);
                } else if (event.getStartTime().isBefore(until)) {
                    after.merge(thread, allocated, Math::max);
                }
            }
        }

        Map<Metric, Double> figures(Measurement measured) {
            double bytes = 0;
            for (Map.Entry<Long, Long> thread : after.entrySet()) {
                bytes += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
            }
            Interval.Counts counts = measured.lanes().stream()
                    .map(LaneResult::counts)
                    .reduce(new Interval.Counts(0, 0, 0), Interval.Counts::plus);
            Map<Metric, Double> figures = new LinkedHashMap<>();
            if (counts.requests() > 0) {
                figures.put(Metric.less("allocated per request (recorded round)", "B"), bytes / counts.requests());
            }
            figures.put(Metric.less("collections (recorded round)", ""), (double) collections);
            figures.put(Metric.less("GC pauses in all (recorded round)", "ms"), pausesMs);
            figures.put(Metric.less("longest GC pause (recorded round)", "ms"), longestPauseMs);
            return figures;
        }
    }
}
