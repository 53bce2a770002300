package io.millrace.log;

import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.scrub.ScrubCheckpoint;
import io.millrace.log.scrub.ScrubPlace;
import io.millrace.log.scrub.ScrubReport;
import io.millrace.log.scrub.ScrubStatus;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The scrub of one data directory: a pass goes through its logs by name and through the sealed segments of each by offset, and remembers
 * where it is. Segments that were found damaged before the process was started are looked at first.
 *
 * <p>{@link #scrubNext} by one thread at a time, {@link #status} from any.
 */
final class DirectoryScrub {
    /** How often it is written down how far the pass has come. */
    private static final long REMEMBER_MS = 60_000;

    private final LogDirectory directory;
    private final LogRuntime runtime;
    private final long intervalMs;
    private final Deque<ScrubPlace> suspects;
    private final Set<ScrubPlace> damaged; // guarded by this

    // Guarded by this.
    private long startedMs;
    private @Nullable ScrubPlace at;
    private boolean running;
    private int segments;
    private long bytes;
    private long bytesExpected;
    private int sumsAdded;
    private int found;
    private long rememberedMs;

    DirectoryScrub(LogDirectory directory, LogRuntime runtime, long intervalMs) {
        this.directory = directory;
        this.runtime = runtime;
        this.intervalMs = intervalMs;
        ScrubCheckpoint before = before();
        startedMs = before == null ? -1 : before.startedMs();
        at = before == null ? null : before.at();
        running = at != null;
        damaged = new TreeSet<>(before == null ? Set.of() : before.damaged());
        suspects = new ArrayDeque<>(damaged);
        rememberedMs = runtime.clock().millis();
        bytesExpected = sealedBytes();
    }

    private @Nullable ScrubCheckpoint before() {
        try {
            return ScrubCheckpoint.read(directory.path());
        } catch (StorageException e) {
            runtime.listener().backgroundFailure(directory.path().resolve(ScrubCheckpoint.FILE), e);
            return null;
        }
    }

    Path path() {
        return directory.path();
    }

    synchronized ScrubStatus status() {
        return new ScrubStatus(
                running,
                startedMs,
                startedMs < 0 ? -1 : startedMs + intervalMs,
                at,
                segments,
                bytes,
                bytesExpected,
                sumsAdded,
                List.copyOf(damaged));
    }

    /**
     * Reads the segment that is next.
     *
     * @param pay told before so many bytes are read; may wait, and may throw to end it
     * @return false where nothing is due
     */
    boolean scrubNext(LongConsumer pay) {
        SegmentVisit suspect = nextSuspect();
        if (suspect != null) {
            visit(suspect, pay);
            return true;
        }
        long nowMs = runtime.clock().millis();
        if (!isPassDue(nowMs)) {
            return false;
        }
        SegmentVisit next = next();
        if (next == null) {
            endPass(nowMs);
            return false;
        }
        visit(next, pay);
        synchronized (this) {
            at = next.place();
        }
        if (nowMs - rememberedMs >= REMEMBER_MS || nowMs < rememberedMs) {
            remember();
        }
        return true;
    }

    private @Nullable SegmentVisit nextSuspect() {
        while (!suspects.isEmpty()) {
            ScrubPlace place = suspects.remove();
            SegmentVisit visit = visits(place.partition(), place.baseOffset())
                    .filter(each -> each.place().equals(place))
                    .findFirst()
                    .orElse(null);
            if (visit != null) {
                return visit;
            }
            sound(place); // or gone
        }
        return null;
    }

    private synchronized boolean isPassDue(long nowMs) {
        if (!running && (startedMs < 0 || nowMs - startedMs >= intervalMs || nowMs < startedMs)) {
            running = true;
            startedMs = nowMs;
            at = null;
            segments = 0;
            bytes = 0;
            sumsAdded = 0;
            found = 0;
            bytesExpected = sealedBytes();
        }
        return running;
    }

    private long sealedBytes() {
        return directory.logs().stream()
                .mapToLong(
                        log -> log.sizeBytes() - log.state().segments.active().size())
                .sum();
    }

    private @Nullable SegmentVisit next() {
        ScrubPlace last = at;
        return directory.logs().stream()
                .map(log -> new PartitionName(log.topic(), log.partition()))
                .filter(name -> last == null || name.compareTo(last.partition()) >= 0)
                .sorted()
                .flatMap(
                        name -> visits(name, last != null && last.partition().equals(name) ? last.baseOffset() + 1 : 0))
                .findFirst()
                .orElse(null);
    }

    /** The segments of a log from an offset on that may be looked at, the oldest first. */
    private Stream<SegmentVisit> visits(PartitionName name, long fromBase) {
        PartitionLog log = directory.log(name.topic(), name.partition());
        if (log == null) {
            return Stream.empty();
        }
        boolean compacted = directory.cleanedTo(name) != CleanerCheckpoint.NEVER;
        return SegmentVisit.of(log.state(), name, compacted).stream()
                .filter(visit -> visit.place().baseOffset() >= fromBase);
    }

    private void visit(SegmentVisit visit, LongConsumer pay) {
        SegmentVisit.Outcome outcome = visit.run(count -> {
            pay.accept(count);
            synchronized (this) {
                bytes += count;
            }
        });
        synchronized (this) {
            segments++;
            found += outcome == SegmentVisit.Outcome.DAMAGED ? 1 : 0;
            sumsAdded += outcome == SegmentVisit.Outcome.SUMS_ADDED ? 1 : 0;
        }
        if (outcome == SegmentVisit.Outcome.DAMAGED) {
            synchronized (this) {
                damaged.add(visit.place());
            }
            remember();
        } else {
            sound(visit.place());
        }
    }

    private void sound(ScrubPlace place) {
        boolean known;
        synchronized (this) {
            known = damaged.remove(place);
        }
        if (known) {
            remember();
        }
    }

    private void endPass(long nowMs) {
        ScrubReport report;
        synchronized (this) {
            running = false;
            at = null;
            report = new ScrubReport(segments, bytes, found, sumsAdded, startedMs, nowMs);
        }
        remember();
        runtime.listener().scrubbed(directory.path(), report);
    }

    /** Writes down how far the pass has come. Where that cannot be done a restart repeats some of it. */
    void remember() {
        ScrubCheckpoint checkpoint;
        synchronized (this) {
            if (startedMs < 0 && damaged.isEmpty()) {
                return;
            }
            rememberedMs = runtime.clock().millis();
            checkpoint = new ScrubCheckpoint(Math.max(0, startedMs), at, damaged);
        }
        try {
            checkpoint.write(directory.path(), runtime.faults());
        } catch (StorageException e) {
            runtime.listener().backgroundFailure(directory.path().resolve(ScrubCheckpoint.FILE), e);
        }
    }
}
