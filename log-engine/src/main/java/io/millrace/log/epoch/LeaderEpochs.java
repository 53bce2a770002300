package io.millrace.log.epoch;

import io.millrace.log.checkpoint.CheckpointFile;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The leader epochs of one log, in memory and in {@code leader-epoch-checkpoint}, a {@link CheckpointFile} with lines
 * {@code <epoch> <start offset>}.
 *
 * <p>One writer, under the log's lock; any readers without a lock: the entries are an immutable array that is replaced as a whole.
 * {@link #assign} costs two comparisons and no allocation while the epoch stays the same.
 *
 * <p>Invariants: epochs and start offsets both ascend strictly. An entry is on the disk before the first record of its epoch can be
 * acknowledged; a crash may leave entries at or above the log end offset, or below the log start offset, which the log truncates when
 * it opens.
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

    private volatile EpochStart[] starts = NOTHING;

    private LeaderEpochs(Path path, LongSupplier logEndOffset, FileFaults faults) {
        this.path = path;
        this.logEndOffset = logEndOffset;
        this.faults = faults;
    }

    /**
     * Reads the file of a partition's directory, if there is one.
     *
     * @param logEndOffset end of the latest epoch; asked by readers
     * @throws StorageException DAMAGED where the file is not one
     */
    public static LeaderEpochs open(Path directory, LongSupplier logEndOffset, FileFaults faults) {
        LeaderEpochs epochs = new LeaderEpochs(directory.resolve(FILE_NAME), logEndOffset, faults);
        epochs.starts = read(epochs.path);
        return epochs;
    }

    /** As {@link #open}, but the file is not read: it is damaged, and the log is about to be scanned. */
    public static LeaderEpochs openEmpty(Path directory, LongSupplier logEndOffset, FileFaults faults) {
        return new LeaderEpochs(directory.resolve(FILE_NAME), logEndOffset, faults);
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
            publish(with(current, new EpochStart(epoch, startOffset)));
        }
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

    /** The file first, then the readers: nobody acts on an epoch that a crash could take back. */
    private void publish(EpochStart[] next) {
        List<String> lines = new ArrayList<>(next.length);
        for (EpochStart start : next) {
            lines.add(start.epoch() + " " + start.startOffset());
        }
        CheckpointFile.write(path, lines, faults);
        starts = next;
    }

    /** Drops the epochs that begin at or above {@code endOffset}. */
    public void truncateFromEnd(long endOffset) {
        EpochStart[] current = starts;
        int kept = current.length;
        while (kept > 0 && current[kept - 1].startOffset() >= endOffset) {
            kept--;
        }
        if (kept < current.length) {
            publish(Arrays.copyOf(current, kept));
        }
    }

    /** Drops the epochs that end at or below {@code startOffset}; the one it lies in begins there now. */
    public void truncateFromStart(long startOffset) {
        EpochStart[] current = starts;
        int dropped = 0;
        while (dropped < current.length && current[dropped].startOffset() <= startOffset) {
            dropped++;
        }
        if (dropped == 0 || (dropped == 1 && current[0].startOffset() == startOffset)) {
            return;
        }
        EpochStart[] next = Arrays.copyOfRange(current, dropped - 1, current.length);
        next[0] = new EpochStart(next[0].epoch(), startOffset);
        publish(next);
    }

    /** Drops all epochs. */
    public void clear() {
        if (starts.length > 0) {
            publish(NOTHING);
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
