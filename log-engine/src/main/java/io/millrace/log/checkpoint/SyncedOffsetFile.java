package io.millrace.log.checkpoint;

import static io.millrace.log.checkpoint.SyncedOffsetDescriptor.CLEANED_UNKNOWN;
import static io.millrace.log.checkpoint.SyncedOffsetDescriptor.SLOTS;
import static io.millrace.log.checkpoint.SyncedOffsetDescriptor.SLOT_DISTANCE;
import static io.millrace.log.checkpoint.SyncedOffsetDescriptor.SLOT_SIZE;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * {@code millrace.synced} of a partition: how far its log is known to be on the disk, so that after a crash damage of what was safe is
 * told from a tail that was never promised. See {@link SyncedOffsetDescriptor} for its bytes.
 *
 * <p>It is written after each force, and not forced itself: an older value is right as well. Only where the log is about to be cut is
 * the lower value forced first, in both slots, since a higher one would make the next recovery look for records that were given up.
 *
 * <p>It also remembers up to where segments have been cleaned: there offsets may be missing at the end of a segment, and nowhere else. That
 * is forced, in both slots, before a cleaned segment takes its place. It is lowered where the log is found to end below, or begins anew: a
 * value that is too high would hide a hole.
 *
 * <p>Each write opens and closes the file, 6 µs beside a force, so that ten thousand logs hold no descriptor for it. Owned by one thread
 * at a time.
 */
public final class SyncedOffsetFile {
    /** Name of the file. */
    public static final String FILE_NAME = "millrace.synced";

    private final Path directory;
    private final Path path;
    private final FileFaults faults;
    private final ByteBuffer slot = ByteBuffer.allocate(SLOT_SIZE);
    private SyncedPoint point;
    private long cleanedBelow;
    private long sequence;
    private boolean exists;

    private SyncedOffsetFile(
            Path directory, FileFaults faults, boolean exists, SyncedPoint point, long cleanedBelow, long sequence) {
        this.directory = directory;
        path = directory.resolve(FILE_NAME);
        this.faults = faults;
        this.exists = exists;
        this.point = point;
        this.cleanedBelow = cleanedBelow;
        this.sequence = sequence;
    }

    /** What a partition's directory knows; {@link SyncedPoint#NOTHING} where there is no file, or no valid slot in it. */
    public static SyncedOffsetFile open(Path partitionDirectory, FileFaults faults) {
        return Files.exists(partitionDirectory.resolve(FILE_NAME))
                ? read(partitionDirectory, faults)
                : absent(partitionDirectory, faults);
    }

    /** Of a partition's directory that is known to have none. */
    public static SyncedOffsetFile absent(Path partitionDirectory, FileFaults faults) {
        return new SyncedOffsetFile(partitionDirectory, faults, false, SyncedPoint.NOTHING, CLEANED_UNKNOWN, 0);
    }

    private static SyncedOffsetFile read(Path directory, FileFaults faults) {
        try (StorageFile existing = StorageFile.open(directory.resolve(FILE_NAME), StorageFile.Mode.READ, faults)) {
            ByteBuffer bytes = ByteBuffer.allocate(SLOT_DISTANCE * (SLOTS - 1) + SLOT_SIZE);
            existing.readFully(bytes, 0);
            return decode(directory, faults, bytes.flip());
        }
    }

    private static SyncedOffsetFile decode(Path directory, FileFaults faults, ByteBuffer bytes) {
        SyncedPoint newest = SyncedPoint.NOTHING;
        long cleanedBelow = CLEANED_UNKNOWN;
        long sequence = 0;
        for (int at = 0; at < SLOTS * SLOT_DISTANCE; at += SLOT_DISTANCE) {
            if (SyncedOffsetDescriptor.isValid(bytes, at) && SyncedOffsetDescriptor.sequence(bytes, at) > sequence) {
                sequence = SyncedOffsetDescriptor.sequence(bytes, at);
                newest = SyncedOffsetDescriptor.point(bytes, at);
                cleanedBelow = SyncedOffsetDescriptor.cleanedBelow(bytes, at);
            }
        }
        return new SyncedOffsetFile(directory, faults, true, newest, cleanedBelow, sequence);
    }

    /** What was read or written last. */
    public SyncedPoint point() {
        return point;
    }

    /** No segment that begins at or above has been cleaned; -1 where that is not known. */
    public long cleanedBelow() {
        return cleanedBelow;
    }

    /** The log is new: nothing of it has been cleaned. Written with the next point. */
    public void neverCleaned() {
        cleanedBelow = 0;
    }

    /** Segments below an offset are about to be replaced by cleaned ones. On the disk when this returns. */
    public void cleaned(long below) {
        if (cleanedBelow < below || !exists) {
            cleanedBelow = Math.max(cleanedBelow, below);
            boolean isNew = !exists;
            replace(point);
            if (isNew) {
                StorageFile.forceDirectory(directory, faults);
            }
        }
    }

    /**
     * The log ends there, or begins anew: what comes is not what was cleaned, and offsets that are missing in it are no cleaning's. On the
     * disk when this returns.
     */
    public void cleanedAtMost(long end) {
        if (cleanedBelow > end) {
            cleanedBelow = end;
            replace(point);
        }
    }

    /** What was found by an opening may be in the page cache alone, and its name. On the disk when this returns. */
    public void forceFound() {
        force();
        StorageFile.forceDirectory(directory, faults);
    }

    /** Whether there is a file. */
    public boolean exists() {
        return exists;
    }

    /** Makes the file if there is none; whether it was made, so that its name wants to be forced. */
    public boolean create() {
        boolean isNew = !exists;
        if (isNew) {
            open().close();
            exists = true;
        }
        return isNew;
    }

    private StorageFile open() {
        return StorageFile.open(path, StorageFile.Mode.CREATE, faults);
    }

    /** So far the log is on the disk now. Not forced. */
    public void write(SyncedPoint synced) {
        try (StorageFile file = open()) {
            write(file, synced);
        }
    }

    private void write(StorageFile file, SyncedPoint synced) {
        exists = true;
        long next = sequence + 1;
        SyncedOffsetDescriptor.put(slot, 0, next, synced, cleanedBelow);
        file.writeFully(slot.clear(), (next % SLOTS) * SLOT_DISTANCE);
        sequence = next;
        point = synced;
    }

    /** The log is going to end at an offset: what is above it must not be missed. On the disk when this returns. */
    public void lower(long offset) {
        if (exists && point.offset() > offset) {
            replace(offset);
        }
    }

    /** What the file says is of another history of the log: both slots say this instead. On the disk when this returns. */
    public void replace(long offset) {
        replace(SyncedPoint.at(offset));
    }

    private void replace(SyncedPoint instead) {
        try (StorageFile file = open()) {
            for (int i = 0; i < SLOTS; i++) {
                write(file, instead);
            }
            file.force(false);
        }
    }

    /**
     * The log is about to be cut and ends at an offset then. A lower offset is on the disk when this returns. That a cut is at work is
     * not forced: it is for an opening that finds the cut in the page cache, after the end of the process alone, and has to force it
     * before anything is appended. After a loss of power what is found is on the disk.
     */
    public void beginCut(long offset) {
        SyncedPoint cutting = SyncedPoint.whileCutting(Math.min(offset, point.offset()));
        if (exists && point.offset() > offset) {
            replace(cutting);
        } else {
            write(cutting);
        }
    }

    /** The cut is on the disk, and the log ends there. Not forced. */
    public void endCut(SyncedPoint end) {
        write(end.offset() == point.offset() ? end : SyncedPoint.at(point.offset()));
    }

    /** What was written last is on the disk when this returns. */
    public void force() {
        try (StorageFile file = StorageFile.open(path, StorageFile.Mode.READ_WRITE, faults)) {
            file.force(false);
        }
    }
}
