package io.millrace.log.simulation;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.OffsetCheckpoint;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.checkpoint.SyncedOffsetFile;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Flips a bit of a record batch that recovery reads, while nobody has the file open, or cuts its file there, or takes the file away; and
 * puts it back where that is wanted.
 */
final class Damage {
    /** A batch that was hit, and what its file was before and is since. */
    static final class Strike {
        private final SimulatedPartition partition;
        private final ModelBatch batch;
        private final Path file;
        private final byte[] before;
        private final byte[] after;
        private final boolean below;
        private final Way way;

        private Strike(
                SimulatedPartition partition,
                ModelBatch batch,
                Path file,
                byte[] before,
                byte[] after,
                boolean below,
                Way way) {
            this.partition = partition;
            this.batch = batch;
            this.file = file;
            this.before = before;
            this.after = after;
            this.below = below;
            this.way = way;
        }

        boolean isFlip() {
            return way == Way.FLIP;
        }

        SimulatedPartition partition() {
            return partition;
        }

        ModelBatch batch() {
            return batch;
        }

        /** Below what is known to have been on the disk. */
        boolean below() {
            return below;
        }

        /** Nothing of the file has been changed since. */
        boolean isUntouched() {
            return way == Way.DELETE ? !Files.exists(file) : Arrays.equals(after, SimulatedDisk.read(file));
        }
    }

    private enum Way {
        FLIP,
        CUT,
        DELETE
    }

    private record Place(ModelBatch batch, Path file, int position) {}

    private final Path root;
    private final Random random;
    private final SimulatedDisk disk;
    private final boolean mayForget;
    private final Extras extras;
    private int count;

    /** {@code mayForget}: the disk is full at times, and has no room then for what is to be remembered. */
    Damage(Path root, Random random, SimulatedDisk disk, boolean mayForget, Extras extras) {
        this.root = root;
        this.random = random;
        this.disk = disk;
        this.mayForget = mayForget;
        this.extras = extras;
    }

    int count() {
        return count;
    }

    /** Null where there is nothing to be damaged, or where nothing is promised about it. */
    Strike strike(SimulatedPartition partition) {
        PartitionName name = new PartitionName(partition.topic(), 0);
        long recoveryPoint = new OffsetCheckpoint(root, OffsetCheckpoint.RECOVERY_POINT, FileFaults.NONE)
                .read()
                .getOrDefault(name, 0L);
        List<Place> places = places(partition.model(), root.resolve(name.directoryName()), recoveryPoint);
        if (places.isEmpty()) {
            return null;
        }
        Place place = places.get(random.nextInt(places.size()));
        long known = Math.max(recoveryPoint, remembered(root.resolve(name.directoryName())));
        Disagreement.require(
                mayForget || known >= partition.log().recoveryPoint(),
                "synced up to more than is remembered, " + known + ": " + partition.log());
        boolean below = place.batch.base() < known;
        boolean unclear = !below && place.batch.base() < partition.model().synced();
        byte[] before = SimulatedDisk.read(place.file);
        int end = place.position + place.batch.size();
        byte[] there = end <= before.length ? Arrays.copyOfRange(before, place.position, end) : new byte[0];
        if (unclear || !Arrays.equals(place.batch.bytes(), there)) {
            return null;
        }
        Way way = way(place, partition, places);
        byte[] after = switch (way) {
            case FLIP -> flipped(place, before, below);
            case CUT -> Arrays.copyOf(before, place.position + extras.random().nextInt(place.batch.size()));
            case DELETE -> before;
        };
        if (way == Way.DELETE) {
            disk.remove(place.file);
        } else {
            disk.damage(place.file, after);
        }
        count++;
        return new Strike(partition, place.batch, place.file, before, after, below, way);
    }

    /**
     * A file is taken away as a whole only where its first batch is what was hit, and not where it is the log's first or may have been
     * cleaned: that it is missing there is not told from retention or from compaction.
     */
    private Way way(Place place, SimulatedPartition partition, List<Place> places) {
        if (extras.isPlain()) {
            return Way.FLIP;
        }
        boolean mayBeMissed = place.position == 0
                && !place.file.equals(places.get(0).file)
                && place.batch.base() >= partition.model().cleanedBelow();
        return switch (extras.random().nextInt(4)) {
            case 0, 1 -> Way.CUT;
            case 2 -> mayBeMissed ? Way.DELETE : Way.CUT;
            default -> Way.FLIP;
        };
    }

    private byte[] flipped(Place place, byte[] before, boolean below) {
        byte[] after = before.clone();
        int from = below ? 0 : RecordBatchDescriptor.MAGIC;
        after[place.position + from + random.nextInt(place.batch.size() - from)] ^= (byte) (1 << random.nextInt(8));
        return after;
    }

    void undo(Strike strike) {
        disk.damage(strike.file, strike.before);
    }

    private static long remembered(Path directory) {
        return SyncedOffsetFile.open(directory, FileFaults.NONE).point().offset();
    }

    /** The batches of the segments that recovery reads. */
    private static List<Place> places(ModelLog model, Path directory, long recoveryPoint) {
        List<Place> places = new ArrayList<>();
        long[] bases = SegmentFiles.baseOffsets(directory);
        int first = 0;
        while (first + 1 < bases.length && bases[first + 1] <= recoveryPoint) {
            first++;
        }
        for (int i = first; i < bases.length; i++) {
            long endOffset = i + 1 < bases.length ? bases[i + 1] : Long.MAX_VALUE;
            int position = 0;
            for (ModelBatch batch : model.batches()) {
                if (batch.base() >= bases[i] && batch.base() < endOffset) {
                    if (batch.base() >= model.start()) {
                        places.add(
                                new Place(batch, SegmentFiles.path(directory, bases[i], SegmentFiles.LOG), position));
                    }
                    position += batch.size();
                }
            }
        }
        return places;
    }
}
