package io.millrace.broker.cli;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Counts records and bytes of a run, and says on standard error every few seconds how far it is. Short runs say nothing
 * but their summary. One thread.
 */
final class Progress {
    private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);
    private static final double MB = 1_000_000.0;

    private final String verb;
    private final boolean quiet;
    private final PrintStream to;
    private final long startNs = System.nanoTime();
    private long records;
    private long bytes;
    private long saidNs = startNs;
    private long saidRecords;
    private long saidBytes;

    Progress(final String verb, final boolean quiet) {
        this.verb = verb;
        this.quiet = quiet;
        this.to = System.err;
    }

    void add(final long moreRecords, final long moreBytes) {
        records += moreRecords;
        bytes += moreBytes;
    }

    long records() {
        return records;
    }

    /** Says how far the run is, if that is due and something happened since. */
    void maybeSay() {
        final long now = System.nanoTime();
        if (quiet || now - saidNs < INTERVAL_NS || records == saidRecords) {
            return;
        }
        final double seconds = (now - saidNs) / 1e9;
        to.printf(
                Locale.ROOT,
                "%s %,d records, %.1f MB (%,.0f records/s, %.1f MB/s)%n",
                verb,
                records,
                bytes / MB,
                (records - saidRecords) / seconds,
                (bytes - saidBytes) / MB / seconds);
        saidNs = now;
        saidRecords = records;
        saidBytes = bytes;
    }

    String summary() {
        final double seconds = seconds();
        return String.format(
                Locale.ROOT,
                "%s %,d records, %.3f MB in %.1f s (%,.0f records/s, %.1f MB/s)",
                verb,
                records,
                bytes / MB,
                seconds,
                records / seconds,
                bytes / MB / seconds);
    }

    Map<String, Object> summaryAsMap() {
        return Map.of("records", records, "bytes", bytes, "seconds", Math.round(seconds() * 1000) / 1000.0);
    }

    private double seconds() {
        return Math.max(1e-3, (System.nanoTime() - startNs) / 1e9);
    }
}
