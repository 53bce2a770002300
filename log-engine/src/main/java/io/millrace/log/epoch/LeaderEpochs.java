package io.millrace.log.epoch;

import io.millrace.log.checkpoint.CheckpointFile;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The leader epochs of one log, in memory and in {@code leader-epoch-checkpoint}, a {@link CheckpointFile} with lines
 * {@code <epoch> <start offset>}.
 *
 * <p>One writer, under the log's lock; any readers without a lock: the entries are an immutable array that is replaced as a whole.
 * {@link #assign} costs two comparisons and no allocation while the epoch stays the same.
 *
 * <p>Invariants: epochs and start offsets both ascend strictly. An entry is on the disk before the recovery point passes the first
 * record of its epoch ({@link #force}); above the recovery point the batches themselves tell their epochs to the scan after a crash. So
 * a new epoch costs no sync when it begins, of which a node with thousands of partitions begins as many at once, and one without a
 * record never reaches the disk. What the file says too much is another matter: an entry that is contradicted or cut is gone from the
 * file before anything is appended in its place. A crash may leave entries at or above the log end offset, or below the log start
 * offset, which the log truncates when it opens.
 */
public final class LeaderEpochs {
    /** Name of the file. */
    public static final String FILE_NAME = "leader-epoch-checkpoint";
    /** No epoch. */
    public static final int UNDEFINED_EPOCH = -1;

    private static final EpochStart[] NOTHING = {};

    private final LongSupplier logEndOffset;
    private final FileFaults faults;
    private Path path;

    /** Written under the log's lock and this object's monitor. */
    private volatile EpochStart[] starts;
    /** What the file says, null where it is damaged. Written under this object's monitor. */
    private volatile EpochStart @Nullable [] written;

    private LeaderEpochs(Path path, LongSupplier logEndOffset, FileFaults faults, EpochStart @Nullable [] written) {
        this.path = path;
        this.logEndOffset = logEndOffset;
        this.faults = faults;
        this.written = written;
        starts = written == null ? NOTHING : written;
    }

    /**
     * Reads the file of a partition's directory, if there is one.
     *
     * @param logEndOffset end of the latest epoch; asked by readers
     * @throws StorageException DAMAGED where the file is not one
     */
    public static LeaderEpochs open(Path directory, LongSupplier logEndOffset, FileFaults faults) {
        Path path = directory.resolve(FILE_NAME);
        return new LeaderEpochs(path, logEndOffset, faults, read(path));
    }

    /** As {@link #open}, where there is no file. */
    public static LeaderEpochs absent(Path directory, LongSupplier logEndOffset, FileFaults faults) {
        return new LeaderEpochs(directory.resolve(FILE_NAME), logEndOffset, faults, NOTHING);
    }

    /** As {@link #open}, but the file is not read: it is damaged, and the log is about to be scanned. */
    public static LeaderEpochs openEmpty(Path directory, LongSupplier logEndOffset, FileFaults faults) {
        return new LeaderEpochs(directory.resolve(FILE_NAME), logEndOffset, faults, null);
    }

    private static EpochStart[] read(Path path) {
        EpochStart[] read = NOTHING;
        for (String line : CheckpointFile.read(path)) {
            String[] fields = CheckpointFile.fields(path, line, 2);
            long epoch = CheckpointFile.number(path, fields[0]);
            if (epoch > Integer.MAX_VALUE) {
                throw StorageException.damaged(path, -1, "not a leader epoch: " + line);
            }
            EpochStart start = new EpochStart((int) epoch, CheckpointFile.number(path, fields[1]));
            read = isNew(read, start.epoch(), start.startOffset()) ? with(read, start) : read;
        }
        return read;
    }

    /**
     * Batches of {@code epoch} begin at {@code startOffset}. Nothing changes while the epoch is the latest already; entries that
     * contradict a new one are dropped: they belong to records that are not in this log any more.
     */
    public void assign(int epoch, long startOffset) {
        if (epoch < 0 || startOffset < 0) {
            throw new IllegalArgumentException("not an epoch: epoch=" + epoch + " startOffset=" + startOffset);
        }
        EpochStart[] current = starts;
        if (isNew(current, epoch, startOffset)) {
            replaceBy(with(current, new EpochStart(epoch, startOffset)));
        }
    }

    /** In memory alone, unless the file says something that is not true any more. */
    private synchronized void replaceBy(EpochStart[] next) {
        if (saysTooMuch(next)) {
            publish(next);
        } else {
            starts = next;
        }
    }

    /** Entries below the first one of {@code next} do not count: a log that opens drops them by its start offset. */
    private boolean saysTooMuch(EpochStart[] next) {
        EpochStart[] onDisk = written;
        if (onDisk == null || onDisk.length == 0) {
            return false;
        }
        EpochStart[] counting = next.length == 0 ? onDisk : fromStart(onDisk, next[0].startOffset());
        return counting.length > next.length || !Arrays.equals(counting, 0, counting.length, next, 0, counting.length);
    }

    /**
     * The epochs of all records below an offset are on the disk when this returns. Before the recovery point moves there; any thread.
     *
     * @throws StorageException where that fails
     */
    public void force(long endOffset) {
        if (starts != written) {
            synchronized (this) {
                if (!isWritten(starts, endOffset)) {
                    publish(starts);
                }
            }
        }
    }

    private boolean isWritten(EpochStart[] current, long endOffset) {
        int count = 0;
        while (count < current.length && current[count].startOffset() < endOffset) {
            count++;
        }
        EpochStart[] onDisk = written;
        if (count == 0 || onDisk == null) {
            return count == 0;
        }
        EpochStart[] counting = fromStart(onDisk, current[0].startOffset());
        return counting.length >= count && Arrays.equals(counting, 0, count, current, 0, count);
    }

    private static boolean isNew(EpochStart[] current, int epoch, long startOffset) {
        if (current.length == 0) {
            return true;
        }
        EpochStart latest = current[current.length - 1];
        return latest.epoch() != epoch || startOffset < latest.startOffset();
    }

    private static EpochStart[] with(EpochStart[] current, EpochStart start) {
        int kept = current.length;
        while (kept > 0 && contradicts(current[kept - 1], start)) {
            kept--;
        }
        EpochStart[] next = Arrays.copyOf(current, kept + 1);
        next[kept] = start;
        return next;
    }

    private static boolean contradicts(EpochStart old, EpochStart start) {
        return old.epoch() >= start.epoch() || old.startOffset() >= start.startOffset();
    }

    /** The file first, then the readers. Under this object's monitor. */
    private void publish(EpochStart[] next) {
        List<String> lines = new ArrayList<>(next.length);
        for (EpochStart start : next) {
            lines.add(start.epoch() + " " + start.startOffset());
        }
        CheckpointFile.write(path, lines, faults);
        written = next;
        starts = next;
    }

    /** Drops the epochs that begin at or above {@code endOffset}, also from the file. */
    public void truncateFromEnd(long endOffset) {
        EpochStart[] current = starts;
        int kept = current.length;
        while (kept > 0 && current[kept - 1].startOffset() >= endOffset) {
            kept--;
        }
        if (kept < current.length) {
            replaceBy(Arrays.copyOf(current, kept));
        }
    }

    /** Drops the epochs that end at or below {@code startOffset}; the one it lies in begins there now. */
    public synchronized void truncateFromStart(long startOffset) {
        starts = fromStart(starts, startOffset);
    }

    private static EpochStart[] fromStart(EpochStart[] current, long startOffset) {
        int dropped = 0;
        while (dropped < current.length && current[dropped].startOffset() <= startOffset) {
            dropped++;
        }
        if (dropped == 0 || (dropped == 1 && current[0].startOffset() == startOffset)) {
            return current;
        }
        EpochStart[] next = Arrays.copyOfRange(current, dropped - 1, current.length);
        next[0] = new EpochStart(next[0].epoch(), startOffset);
        return next;
    }

    /** Drops all epochs, also from the file. */
    public void clear() {
        if (starts.length > 0) {
            replaceBy(NOTHING);
        }
    }

    /** The directory has been renamed. */
    public void movedTo(Path directory) {
        path = directory.resolve(FILE_NAME);
    }

    /** Where an epoch ends, as {@link #endOffsetFor(int, long)} with the log's end offset now. */
    public EpochEnd endOffsetFor(int epoch) {
        return endOffsetFor(epoch, logEndOffset.getAsLong());
    }

    /**
     * The answer to OffsetForLeaderEpoch: the largest epoch that is not above {@code epoch}, and where the one after it begins. The
     * latest epoch ends at {@code endOffset}. An epoch older than all begins and ends where the first one begins; one newer than all is
     * undefined.
     */
    public EpochEnd endOffsetFor(int epoch, long endOffset) {
        EpochStart[] current = starts;
        if (epoch == UNDEFINED_EPOCH || current.length == 0) {
            return EpochEnd.UNDEFINED;
        }
        if (epoch == current[current.length - 1].epoch()) {
            return new EpochEnd(epoch, endOffset);
        }
        int higher = 0;
        while (higher < current.length && current[higher].epoch() <= epoch) {
            higher++;
        }
        if (higher == current.length) {
            return EpochEnd.UNDEFINED;
        }
        int found = higher == 0 ? epoch : current[higher - 1].epoch();
        return new EpochEnd(found, current[higher].startOffset());
    }

    /** The epoch that the record at {@code offset} was written in, -1 where the offset lies before all that are known. */
    public int epochForOffset(long offset) {
        int epoch = UNDEFINED_EPOCH;
        for (EpochStart start : starts) {
            if (start.startOffset() > offset) {
                return epoch;
            }
            epoch = start.epoch();
        }
        return epoch;
    }

    /** The newest epoch, -1 if there is none. */
    public int latestEpoch() {
        EpochStart[] current = starts;
        return current.length == 0 ? UNDEFINED_EPOCH : current[current.length - 1].epoch();
    }

    /** The epoch before the newest, -1 if there is none. */
    public int previousEpoch() {
        EpochStart[] current = starts;
        return current.length < 2 ? UNDEFINED_EPOCH : current[current.length - 2].epoch();
    }

    /** The oldest epoch, -1 if there is none. */
    public int earliestEpoch() {
        EpochStart[] current = starts;
        return current.length == 0 ? UNDEFINED_EPOCH : current[0].epoch();
    }

    /** All epochs, ascending. */
    public List<EpochStart> entries() {
        return List.of(starts);
    }
}
