package io.millrace.log.inspect;

import io.millrace.log.LogClock;
import io.millrace.log.LogConfig;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.OpenState;
import io.millrace.log.PartitionLog;
import io.millrace.log.checkpoint.CleanShutdownMarker;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.log.checkpoint.OffsetCheckpoint;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.checkpoint.SyncedOffsetFile;
import io.millrace.log.inspect.RepairStep.Action;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Does what {@link RepairPlan}s say, holding the data directory's lock for as long as it is open. What it cuts it keeps in
 * {@code <file>.cut-<position>} first.
 *
 * <p>Order, so that a stop at any point leaves nothing that passes for sound: the mark of a clean stop goes and the remembered offsets
 * are lowered; fields are mended; what is cut is written to side files and forced; what follows damage is written to its own segment
 * and forced; only then files become shorter. At last the engine opens the log as after an unclean stop, which makes everything beside
 * the batches anew, and closes it. A repair that was stopped is done again.
 */
public final class LogRepair implements AutoCloseable {
    private static final int COPY_BYTES = 1 << 20;
    private static final String UNFINISHED = ".repair";

    private final @Nullable Path dataDirectory;
    private final @Nullable DirectoryLock lock;

    private final boolean writable;

    private LogRepair(@Nullable Path dataDirectory, @Nullable DirectoryLock lock, boolean writable) {
        this.dataDirectory = dataDirectory;
        this.lock = lock;
        this.writable = writable;
    }

    /**
     * Takes the lock of the data directory; a partition's directory that lies in none has no lock.
     *
     * @throws io.millrace.log.checkpoint.DirectoryInUseException where a process has it
     */
    public static LogRepair open(LogTarget target) {
        Path directory = target.dataDirectory();
        return new LogRepair(
                directory, directory == null ? null : DirectoryLock.acquire(directory, FileFaults.NONE), true);
    }

    /** One that holds no lock, and only stands for the others where nothing is applied. */
    public static LogRepair readOnly() {
        return new LogRepair(null, null, false);
    }

    /**
     * Carries a plan out.
     *
     * @param report what the plan was made for
     * @return the side files that hold what was cut
     */
    public List<Path> apply(RepairPlan plan, PartitionReport report) {
        if (!writable) {
            throw new IllegalStateException("opened without the directory's lock");
        }
        if (plan.isEmpty()) {
            return List.of();
        }
        List<Path> kept = new ArrayList<>();
        Path directory = plan.partition().directory();
        forget(plan, report);
        report.mends().forEach(LogRepair::mend);
        List<RepairStep> byPosition = plan.steps().stream()
                .filter(step -> step.action() == Action.CUT || step.action() == Action.SPLIT)
                .sorted(Comparator.comparing(RepairStep::file)
                        .thenComparing(RepairStep::position)
                        .reversed())
                .toList();
        byPosition.forEach(step -> takeOut(step, kept));
        plan.steps().stream()
                .filter(step -> step.action() == Action.SET_ASIDE)
                .forEach(step -> setAside(step.file(), kept));
        StorageFile.forceDirectory(directory, FileFaults.NONE);
        rebuild(directory);
        return kept;
    }

    /** What says that the directory is sound, or that more is on the disk than will be. */
    private void forget(RepairPlan plan, PartitionReport report) {
        Path around = dataDirectory;
        if (around != null) {
            CleanShutdownMarker.remove(around, FileFaults.NONE);
            lower(around, OffsetCheckpoint.RECOVERY_POINT, plan, plan.firstOffsetTouched(report.endOffset()));
            if (plan.steps().stream().anyMatch(step -> step.action() == Action.SPLIT)) {
                allowGaps(around, plan.partition().name());
            }
        }
        if (StorageFile.deleteIfExists(
                plan.partition().directory().resolve(SyncedOffsetFile.FILE_NAME), FileFaults.NONE)) {
            StorageFile.forceDirectory(plan.partition().directory(), FileFaults.NONE);
        }
    }

    /**
     * A log that has an entry here may miss offsets in front of its last segment. Offset 0 says that nothing has been cleaned: should the
     * log ever be compacted, that begins at its start.
     */
    private static void allowGaps(Path directory, @Nullable PartitionName name) {
        OffsetCheckpoint file = new OffsetCheckpoint(directory, LogVerifier.CLEANER_OFFSETS, FileFaults.NONE);
        Map<PartitionName, Long> offsets = new TreeMap<>(readOrNothing(file));
        if (name != null && offsets.putIfAbsent(name, 0L) == null) {
            file.write(offsets);
        }
    }

    private static void lower(Path directory, String checkpoint, RepairPlan plan, long offset) {
        PartitionName name = plan.partition().name();
        OffsetCheckpoint file = new OffsetCheckpoint(directory, checkpoint, FileFaults.NONE);
        Map<PartitionName, Long> offsets = new TreeMap<>(readOrNothing(file));
        if (name != null && offsets.getOrDefault(name, 0L) > offset) {
            offsets.put(name, offset);
            file.write(offsets);
        }
    }

    /** A damaged checkpoint is as good as none: it is written anew with what is known. */
    private static Map<PartitionName, Long> readOrNothing(OffsetCheckpoint file) {
        try {
            return file.read();
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.DAMAGED) {
                return Map.of();
            }
            throw e;
        }
    }

    /**
     * Lowers what the checkpoints of the data directory say beyond the end of a log.
     *
     * @param ends the offset after the last record of each partition
     */
    public void lowerCheckpoints(Map<PartitionName, Long> ends) {
        Path around = dataDirectory;
        if (around == null) {
            return;
        }
        for (String name : List.of(OffsetCheckpoint.RECOVERY_POINT, OffsetCheckpoint.HIGH_WATERMARK)) {
            OffsetCheckpoint file = new OffsetCheckpoint(around, name, FileFaults.NONE);
            Map<PartitionName, Long> offsets = new TreeMap<>(readOrNothing(file));
            ends.forEach((partition, end) -> offsets.computeIfPresent(partition, (same, said) -> Math.min(said, end)));
            if (!offsets.equals(readOrNothing(file)) || isDamaged(file)) {
                file.write(offsets);
            }
        }
    }

    private static boolean isDamaged(OffsetCheckpoint file) {
        try {
            file.read();
            return false;
        } catch (StorageException e) {
            return e.kind() == StorageException.Kind.DAMAGED;
        }
    }

    private static void mend(PartitionReport.Mend mend) {
        ByteBuffer field = ByteBuffer.allocate(mend.size());
        if (mend.size() == Long.BYTES) {
            field.putLong(mend.right());
        } else {
            field.putInt((int) mend.right());
        }
        try (StorageFile file = StorageFile.open(mend.segment().log(), StorageFile.Mode.READ_WRITE, FileFaults.NONE)) {
            file.writeFully(field.flip(), mend.position());
            file.force(true);
        }
    }

    /** From the end of the file to its begin: each step deals with the bytes from its position to the present end. */
    private static void takeOut(RepairStep step, List<Path> kept) {
        try (StorageFile file = StorageFile.open(step.file(), StorageFile.Mode.READ_WRITE, FileFaults.NONE)) {
            long end = file.size();
            if (step.action() == Action.SPLIT) {
                Path next = SegmentFiles.path(parent(step.file()), step.fromOffset(), SegmentFiles.LOG);
                copy(file, step.position(), end, next);
            } else {
                Path side = sideFile(step.file(), step.position());
                copy(file, step.position(), Math.min(end, step.position() + step.bytes()), side);
                kept.add(side);
            }
            StorageFile.forceDirectory(parent(step.file()), FileFaults.NONE);
            file.truncate(step.position());
            file.force(true);
        }
    }

    private static void copy(StorageFile from, long position, long end, Path to) {
        Path unfinished = to.resolveSibling(to.getFileName() + UNFINISHED);
        ByteBuffer piece = ByteBuffer.allocate(COPY_BYTES);
        try (StorageFile target = StorageFile.open(unfinished, StorageFile.Mode.CREATE, FileFaults.NONE)) {
            target.truncate(0);
            for (long at = position; at < end; at += piece.limit()) {
                piece.clear().limit((int) Math.min(COPY_BYTES, end - at));
                from.readFully(piece, at);
                target.writeFully(piece.flip(), at - position);
            }
            target.force(true);
        }
        StorageFile.rename(unfinished, to, FileFaults.NONE);
    }

    private static void setAside(Path file, List<Path> kept) {
        Path side = sideFile(file, 0);
        StorageFile.rename(file, side, FileFaults.NONE);
        kept.add(side);
    }

    /** An earlier repair's side file is never replaced. */
    private static Path sideFile(Path file, long position) {
        String name = file.getFileName() + RepairPlan.CUT_SUFFIX + position;
        Path side = file.resolveSibling(name);
        for (int again = 1; Files.exists(side); again++) {
            side = file.resolveSibling(name + "." + again);
        }
        return side;
    }

    private static Path parent(Path file) {
        Path parent = file.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("no directory: " + file);
        }
        return parent;
    }

    /** As after an unclean stop; gaps were looked at before, and are no reason to cut. */
    private static void rebuild(Path directory) {
        LogConfig config = LogConfig.builder()
                .compactPolicy(true)
                .retentionMs(-1)
                .fileDeleteDelayMs(0)
                .build();
        try (LogRuntime runtime = LogRuntime.start(LogClock.SYSTEM, LogListener.NONE, FileFaults.NONE);
                PartitionLog log = PartitionLog.open(directory, config, runtime, OpenState.UNKNOWN)) {
            StorageException failure = log.failure();
            if (failure != null) {
                throw failure;
            }
        }
    }

    /** Gives the lock back. */
    @Override
    public void close() {
        DirectoryLock held = lock;
        if (held != null) {
            held.close();
        }
    }
}
