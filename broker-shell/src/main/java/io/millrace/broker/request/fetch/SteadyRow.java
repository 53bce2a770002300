package io.millrace.broker.request.fetch;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.protocol.FetchFrame;
import io.millrace.log.LogSlice;
import io.millrace.log.PartitionLog;
import io.millrace.mapped.StorageException;
import java.util.Objects;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One partition of a {@link SteadyFetch}: what is asked, and what was read. Used again; owned by it. */
final class SteadyRow {
    private static final Logger LOG = LoggerFactory.getLogger(SteadyRow.class);
    private static final long UNKNOWN_OFFSET = -1;

    private final LogSlice slice = new LogSlice();
    private @Nullable FetchEntry entry;
    private @Nullable Partition partition;

    // Asked
    private long offset;
    private int maxBytes;
    private int leaderEpoch;
    private int lastFetchedEpoch;

    // Read
    private Errors error = Errors.NONE;
    private long highWatermark;
    private long lastStable;
    private long logStart;
    private boolean isTold;

    void from(FetchEntry asked) {
        entry = asked;
        offset = asked.fetchOffset();
        maxBytes = asked.maxBytes();
        leaderEpoch = asked.currentLeaderEpoch();
        lastFetchedEpoch = asked.lastFetchedEpoch();
    }

    void from(FetchFrame frame, int named) {
        offset = frame.offset(named);
        maxBytes = frame.maxBytes(named);
        leaderEpoch = frame.leaderEpoch(named);
        lastFetchedEpoch = frame.lastFetchedEpoch(named);
    }

    /** The entry remembers what is asked. */
    void ask() {
        entry().ask(offset, maxBytes, leaderEpoch, lastFetchedEpoch);
    }

    /** Whether a read of {@code found} may be answered in place, as far as it is known before. */
    boolean mayRead(@Nullable Partition found, long nowNs) {
        partition = found;
        return found != null
                && lastFetchedEpoch < 0
                && found.readError(leaderEpoch) == Errors.NONE
                && found.log().isRecent(offset, nowNs);
    }

    /** Reads, or remembers why not; true when there is no error. */
    boolean read(int bytesMost, boolean atLeastOneBatch) {
        error = tryRead(Math.max(0, Math.min(maxBytes, bytesMost)), atLeastOneBatch);
        if (error != Errors.NONE) {
            highWatermark = UNKNOWN_OFFSET;
            lastStable = UNKNOWN_OFFSET;
            logStart = UNKNOWN_OFFSET;
        }
        return error == Errors.NONE;
    }

    private Errors tryRead(int most, boolean atLeastOneBatch) {
        Errors refused = partition().readError(leaderEpoch);
        if (refused != Errors.NONE) {
            return refused;
        }
        try {
            PartitionLog log = partition().log();
            // Before the read, so that the answer never tells more than it was read under.
            highWatermark = log.highWatermark();
            lastStable = log.lastStableOffset();
            logStart = log.logStartOffset();
            boolean inRange = log.readInto(slice, offset, most, highWatermark, atLeastOneBatch);
            return inRange ? Errors.NONE : Errors.OFFSET_OUT_OF_RANGE;
        } catch (StorageException e) {
            LOG.error("fetch failed partition={} offset={}", partition, offset, e);
            return Errors.KAFKA_STORAGE_ERROR;
        }
    }

    /** Whether the partition moved, or was lost, since it was read. */
    boolean hasMoved() {
        return !partition().isOnline()
                || partition().readError(leaderEpoch) != Errors.NONE
                || partition().log().highWatermark() != highWatermark;
    }

    /** The session remembers what is told; true when it is to be in the answer. */
    boolean tell(FetchSession session) {
        FetchEntry told = entry();
        isTold = session.has(told) // or it was forgotten meanwhile
                && told.tell(bytes() > 0, error != Errors.NONE, highWatermark, logStart);
        if (isTold && bytes() > 0) {
            session.moveToEnd(told);
        }
        return isTold;
    }

    boolean isTold() {
        return isTold;
    }

    FetchEntry entry() {
        return Objects.requireNonNull(entry);
    }

    Partition partition() {
        return Objects.requireNonNull(partition);
    }

    /** The records; open until {@link #close}, and empty, or closed, where there are none. */
    LogSlice slice() {
        return slice;
    }

    int bytes() {
        return slice.isOpen() ? slice.length() : 0;
    }

    Errors error() {
        return error;
    }

    long highWatermark() {
        return highWatermark;
    }

    long lastStable() {
        return lastStable;
    }

    long logStart() {
        return logStart;
    }

    void close() {
        if (slice.isOpen()) {
            slice.close();
        }
    }
}
