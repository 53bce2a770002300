package io.millrace.broker.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where {@code groups --reset-offsets} moves a group, and whether it really does. */
final class ResetOptions {
    @Option(names = "--to-earliest", description = "To the first record there is.")
    private boolean toEarliest;

    @Option(names = "--to-latest", description = "To the end.")
    private boolean toLatest;

    @Option(names = "--to-current", description = "To where it is.")
    private boolean toCurrent;

    @Option(names = "--to-offset", paramLabel = "N", description = "To this offset.")
    private @Nullable Long toOffset;

    @Option(names = "--shift-by", paramLabel = "N", description = "Forward, or back if negative.")
    private @Nullable Long shiftBy;

    @Option(
            names = "--to-datetime",
            paramLabel = "TIME",
            description =
                    "To the first record at or after 2026-01-31T12:00:00.000 (UTC, or with an offset like +01:00).")
    private @Nullable String toDatetime;

    @Option(names = "--by-duration", paramLabel = "DURATION", description = "Back from now, as PT1H30M or P2D.")
    private @Nullable String byDuration;

    @Option(names = "--execute", description = "Do it; without, only show.")
    private boolean execute;

    @Option(names = "--dry-run", description = "Only show, which is the default.")
    private boolean dryRun;

    boolean execute() {
        return execute;
    }

    boolean isUsed() {
        return count() > 0 || execute || dryRun;
    }

    void check() {
        if (count() != 1) {
            throw new UsageException("--reset-offsets: exactly one of --to-earliest, --to-latest, --to-current,"
                    + " --to-offset, --shift-by, --to-datetime, --by-duration is needed");
        }
        if (execute && dryRun) {
            throw new UsageException("--execute and --dry-run exclude each other");
        }
        timestampMs();
    }

    boolean toEarliest() {
        return toEarliest;
    }

    boolean toLatest() {
        return toLatest;
    }

    @Nullable
    Long toOffset() {
        return toOffset;
    }

    /** How far from where it is; 0 for --to-current, null for an absolute target. */
    @Nullable
    Long shiftBy() {
        return toCurrent ? Long.valueOf(0) : shiftBy;
    }

    /** The time to move to, in ms since 1970; null if the target is no time. */
    @Nullable
    Long timestampMs() {
        if (toDatetime != null) {
            return parseTime(toDatetime).toEpochMilli();
        }
        return byDuration == null
                ? null
                : Instant.now().minus(parseDuration(byDuration)).toEpochMilli();
    }

    private long count() {
        return Stream.of(
                        toEarliest,
                        toLatest,
                        toCurrent,
                        toOffset != null,
                        shiftBy != null,
                        toDatetime != null,
                        byDuration != null)
                .filter(set -> set)
                .count();
    }

    private static Instant parseTime(final String text) {
        try {
            final boolean zoned = text.matches(".*(Z|[+-]\\d\\d:?\\d\\d)$");
            return zoned
                    ? OffsetDateTime.parse(text).toInstant()
                    : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
        } catch (final DateTimeException e) {
            throw new UsageException("--to-datetime " + text + ": not a time like 2026-01-31T12:00:00.000");
        }
    }

    private static Duration parseDuration(final String text) {
        try {
            return Duration.parse(text);
        } catch (final DateTimeException e) {
            throw new UsageException("--by-duration " + text + ": not a duration like PT1H30M or P2D");
        }
    }
}
