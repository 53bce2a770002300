package io.millrace.broker.request.fetch;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.ProgressListener;
import io.millrace.broker.protocol.FetchAnswer;
import io.millrace.broker.protocol.FetchFrame;
import io.millrace.broker.request.InPlaceHandler;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one request at a time of a session that is answered in place: what it reads, its slices while it is read, and its place while it
 * waits. Used again for each request of the session.
 *
 * <p>Life: looked at ({@link #handle}) without a change of anything, so that the request may still be left to the ordinary way; then
 * answered at once, or parked: its partitions wake it when there is enough, its timer when the client's time is over.
 *
 * <p>Under the lock of the session, and while parked on the event loop of its connection, but for {@link #onProgress}, which only counts and
 * wakes. Invariant: slices are open only inside {@link #handle}, and while an answer is written.
 */
final class SteadyFetch implements ProgressListener, InPlaceHandler.Parked {
    static final int PARTITIONS_MOST = FetchFrame.PARTITIONS_MOST;

    /** Of records in one answer; more is for sendfile. */
    private static final int BYTES_MOST = 64 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(SteadyFetch.class);

    private final FetchSession session;
    private final FetchHandler handler;
    private final SteadyRow[] rows = new SteadyRow[PARTITIONS_MOST];
    private final AtomicLong missingBytes = new AtomicLong();
    private final AtomicBoolean wakeDue = new AtomicBoolean();

    private int count;
    private int correlationId;
    private int minBytes;
    private int maxBytes;
    private int readBytes;

    /** Where it is parked; null while it does not wait. */
    private volatile @Nullable Place parked;

    /** Where it was parked last. */
    private @Nullable Place lastPlace;

    private long deadlineNs;

    /** A connection on which requests of the session wait, with what runs on its event loop. */
    private final class Place {
        final InPlaceHandler.Output output;
        final FetchAnswer answer;
        final Runnable wakeTask = () -> wakeUp(this);
        final Runnable timerTask = () -> timeOver(this);
        boolean timerRuns;

        Place(InPlaceHandler.Output output, FetchAnswer answer) {
            this.output = output;
            this.answer = answer;
        }
    }

    SteadyFetch(FetchSession session, FetchHandler handler) {
        this.session = session;
        this.handler = handler;
    }

    /** Answers or parks the request, or leaves it; under the session's lock, with the epoch that is expected. */
    int handle(FetchFrame frame, FetchAnswer writer, InPlaceHandler.Output to) {
        if (parked != null || !gather(frame) || !mayRead(System.nanoTime())) {
            return InPlaceHandler.LEFT;
        }
        correlationId = frame.correlationId();
        maxBytes = Math.min(frame.maxBytes(), handler.fetchBytesMax());
        minBytes = Math.min(frame.minBytes(), maxBytes);
        try {
            if (minBytes > BYTES_MOST || !readAll(maxBytes) || readBytes > BYTES_MOST) {
                return InPlaceHandler.LEFT;
            }
            begin(frame);
            boolean waits = readBytes < minBytes && frame.maxWaitMs() > 0;
            return waits ? park(frame.maxWaitMs(), writer, to) : write(writer, to);
        } finally {
            closeSlices();
        }
    }

    // Looking

    /** The partitions of the session, as the request changes them; false where it names others. */
    private boolean gather(FetchFrame frame) {
        count = 0;
        for (FetchEntry entry = session.firstEntry(); entry != null; entry = entry.after) {
            row(count++).from(entry);
        }
        for (int named = 0; named < frame.partitionCount(); named++) {
            SteadyRow row = find(frame.topicIdHigh(named), frame.topicIdLow(named), frame.index(named));
            if (row == null) {
                return false;
            }
            row.from(frame, named);
        }
        return count > 0;
    }

    private SteadyRow row(int place) {
        SteadyRow row = rows[place];
        if (row == null) {
            row = new SteadyRow();
            rows[place] = row;
        }
        return row;
    }

    private @Nullable SteadyRow find(long topicIdHigh, long topicIdLow, int partition) {
        for (int i = 0; i < count; i++) {
            if (rows[i].entry().is(topicIdHigh, topicIdLow, partition)) {
                return rows[i];
            }
        }
        return null;
    }

    private boolean mayRead(long nowNs) {
        for (int i = 0; i < count; i++) {
            FetchEntry.Key key = rows[i].entry().key();
            if (!rows[i].mayRead(handler.partitions().get(key.topicId(), key.partition()), nowNs)) {
                return false;
            }
        }
        return true;
    }

    // Reading

    /** Reads every partition; false where one has an error. */
    private boolean readAll(int bytesMost) {
        readBytes = 0;
        boolean sound = true;
        for (int i = 0; i < count; i++) {
            sound &= rows[i].read(bytesMost - readBytes, readBytes == 0);
            readBytes += rows[i].bytes();
        }
        missingBytes.set(minBytes - readBytes);
        return sound;
    }

    private void closeSlices() {
        for (int i = 0; i < count; i++) {
            rows[i].close();
        }
    }

    /** From here on the request is this object's. */
    private void begin(FetchFrame frame) {
        boolean expected = session.advance(frame.sessionEpoch(), handler.nowMs());
        assert expected : frame.sessionEpoch();
        for (int i = 0; i < count; i++) {
            rows[i].ask();
        }
    }

    // Waiting

    private int park(int maxWaitMs, FetchAnswer writer, InPlaceHandler.Output to) {
        closeSlices();
        wakeDue.set(false);
        Place place = place(to, writer);
        parked = place;
        to.park(this);
        deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(maxWaitMs);
        startTimer(place, maxWaitMs);
        for (int i = 0; i < count; i++) {
            rows[i].partition().addListener(this);
        }
        if (movedSinceRead()) {
            wake();
        }
        return InPlaceHandler.PARKED;
    }

    private Place place(InPlaceHandler.Output to, FetchAnswer writer) {
        Place place = lastPlace;
        if (place == null || place.output != to) {
            place = new Place(to, writer);
            lastPlace = place;
        }
        return place;
    }

    /** One that runs for an earlier wait looks at the clock when it comes. */
    private void startTimer(Place place, long delayMs) {
        if (!place.timerRuns) {
            place.timerRuns = true;
            var unused = place.output.loop().schedule(place.timerTask, delayMs, TimeUnit.MILLISECONDS);
        }
    }

    /** Whether a partition moved, or was lost, between the read and the moment its listener was added. */
    private boolean movedSinceRead() {
        for (int i = 0; i < count; i++) {
            if (rows[i].hasMoved()) {
                return true;
            }
        }
        return false;
    }

    /** More has become readable; any thread. */
    @Override
    public void onProgress(Partition partition, long newBytes) {
        if (newBytes == UNKNOWN_BYTES || missingBytes.addAndGet(-newBytes) <= 0) {
            wake();
        }
    }

    private void wake() {
        Place place = parked;
        if (place != null && wakeDue.compareAndSet(false, true)) {
            try {
                place.output.loop().execute(place.wakeTask);
            } catch (RejectedExecutionException e) {
                LOG.debug("event loop has ended session={}", session.id());
            }
        }
    }

    private void wakeUp(Place place) {
        synchronized (session) {
            wakeDue.set(false); // before the read: what moves after it wakes again
            if (parked == place) {
                finish(place, false);
            }
        }
    }

    private void timeOver(Place place) {
        synchronized (session) {
            place.timerRuns = false;
            long leftNs = deadlineNs - System.nanoTime();
            if (parked == place && leftNs > 0) {
                startTimer(place, TimeUnit.NANOSECONDS.toMillis(leftNs) + 1);
            } else if (parked == place) {
                finish(place, true);
            }
        }
    }

    /** Reads again, and answers when there is enough, or something is wrong, or {@code anyhow}. */
    private void finish(Place place, boolean anyhow) {
        long startedNs = System.nanoTime();
        int bytes;
        try {
            boolean sound = readAll(Math.min(maxBytes, BYTES_MOST));
            if (sound && readBytes < minBytes && !anyhow) {
                return;
            }
            bytes = write(place.answer, place.output);
        } catch (StorageException e) {
            LOG.error("fetch not answered session={}", session.id(), e);
            bytes = InPlaceHandler.Output.FAILED;
        } finally {
            closeSlices();
        }
        leave();
        place.output.unpark(bytes, correlationId, startedNs); // the next request may be handled in there
    }

    private void leave() {
        parked = null;
        for (int i = 0; i < count; i++) {
            rows[i].partition().removeListener(this);
        }
    }

    @Override
    public void disconnected() {
        synchronized (session) {
            if (parked != null) {
                leave();
            }
        }
    }

    // Answering

    private int write(FetchAnswer writer, InPlaceHandler.Output to) {
        int topics = 0;
        int before = count;
        for (int i = 0; i < count; i++) {
            if (rows[i].tell(session)) {
                topics += before == count || !isSameTopic(before, i) ? 1 : 0;
                before = i;
            }
        }
        int most = FetchAnswer.ENVELOPE_BYTES_MOST + count * FetchAnswer.ROW_BYTES_MOST + readBytes;
        ByteBuffer target = to.room(most);
        int from = target.position();
        writer.begin(target, correlationId, session.id(), topics);
        for (int i = nextTold(0); i < count; ) {
            i = writeTopic(writer, target, i);
        }
        writer.end();
        return target.position() - from;
    }

    /** Writes the rows of one topic that follow one another; returns where the next one begins. */
    private int writeTopic(FetchAnswer writer, ByteBuffer target, int first) {
        int rowCount = 0;
        int next = first;
        while (next < count && isSameTopic(first, next)) {
            rowCount++;
            next = nextTold(next + 1);
        }
        writer.topic(rows[first].entry().key().topicId(), rowCount);
        for (int i = first; i < next; i = nextTold(i + 1)) {
            writeRow(writer, target, rows[i]);
        }
        writer.endTopic();
        return next;
    }

    private static void writeRow(FetchAnswer writer, ByteBuffer target, SteadyRow row) {
        int partition = row.entry().key().partition();
        int bytes = row.bytes();
        writer.row(partition, row.error().code(), row.highWatermark(), row.lastStable(), row.logStart(), bytes);
        if (bytes > 0) {
            row.slice().copyTo(target);
            row.partition().served(bytes);
        }
        writer.endRow();
    }

    private int nextTold(int from) {
        int place = from;
        while (place < count && !rows[place].isTold()) {
            place++;
        }
        return place;
    }

    private boolean isSameTopic(int one, int other) {
        return rows[one]
                .entry()
                .key()
                .topicId()
                .equals(rows[other].entry().key().topicId());
    }
}
