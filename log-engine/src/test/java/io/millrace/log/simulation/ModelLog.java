package io.millrace.log.simulation;

import static io.millrace.log.simulation.Disagreement.require;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The naive twin of one log: a list of batches, where it starts and ends, and how far it is known to be on the disk.
 *
 * <p>Batches below the start are kept, because a crash may bring back what was deleted. What may or may not have happened (an append
 * that was cut off by a crash or refused by a full disk) is a <i>branch</i>: another end of the same log, which a crash may show in
 * place of this one, from the fork on, as long as nothing beyond the fork has been forced.
 */
final class ModelLog {
    /** How many batches of a producer are remembered for certain while the log is open. */
    private static final int REMEMBERED = 5;

    private record Branch(long fork, List<ModelBatch> batches) {}

    private List<ModelBatch> batches = new ArrayList<>();
    private final List<Branch> branches = new ArrayList<>();
    private final Map<Long, Integer> producerEpochs = new TreeMap<>();
    /** Offset from which on the log has been appended to since it was opened or cut. */
    private long rememberedFrom;

    private long start;
    /** A crash may show a start as late as this: that of a restart which may or may not have happened. */
    private long startMax;
    /**
     * Epochs and producers are known from here on: those of deleted records are forgotten, and stay so where a crash brings the records
     * back, because the log start is on the disk only once in a while.
     */
    private long knownFrom;

    private long end;
    private long synced;
    private long highWatermark;
    private int begunEpoch = -1;
    /** Below, the cleaner may have been; at and above every batch stands as it was appended. */
    private long cleanedBelow;
    /** What was replicated when the cleaner began has decided what it removed: no leader makes a log cut it. */
    private long cutsFrom;

    private boolean wasCut;
    /** The high watermark has moved since the log was opened or cut: until then decided transactions may hold readers back. */
    private boolean replicated;

    private final boolean tombstonesStay;

    ModelLog(boolean tombstonesStay) {
        this.tombstonesStay = tombstonesStay;
    }

    long start() {
        return start;
    }

    long end() {
        return end;
    }

    long knownFrom() {
        return Math.max(knownFrom, start);
    }

    long synced() {
        return synced;
    }

    long highWatermark() {
        return highWatermark;
    }

    long cleanedBelow() {
        return cleanedBelow;
    }

    List<ModelBatch> batches() {
        return batches;
    }

    // ---- what is done to it
    // ----------------------------------------------------------------------------------------------------

    void append(List<ModelBatch> appended) {
        for (ModelBatch batch : appended) {
            require(batch.base() >= end, "the model itself is out of order");
            batches.add(batch);
            end = batch.last() + 1;
            if (batch.producerId() >= 0) {
                producerEpochs.merge(batch.producerId(), (int) batch.producerEpoch(), Math::max);
            }
        }
    }

    /** Batches that were handed to the log, which did not take them or did not answer. */
    void maybeAppended(List<ModelBatch> perhaps) {
        List<ModelBatch> longer = new ArrayList<>(batches);
        longer.addAll(perhaps);
        branches.add(new Branch(end, longer));
        for (ModelBatch batch : perhaps) {
            if (batch.producerId() >= 0) {
                producerEpochs.merge(batch.producerId(), (int) batch.producerEpoch(), Math::max);
            }
        }
    }

    void syncedTo(long offset) {
        if (offset > synced) {
            synced = offset;
            branches.removeIf(branch -> branch.fork < synced);
        }
    }

    /** The cleaner begins: it may get so far. */
    void mayBeCleanedBelow(long offset) {
        cleanedBelow = Math.max(cleanedBelow, offset);
        cutsFrom = Math.max(cutsFrom, Math.max(cleanedBelow, highWatermark));
    }

    /** The log may be cut at this offset or above. */
    long cutsFrom() {
        return Math.max(start, cutsFrom);
    }

    /**
     * Whether the sequence after this batch must be accepted. Where a newer one of its producer was cut, the cleaner may have removed this
     * one before, as long as the other was there.
     */
    boolean isSequenceKnown(ModelBatch newest) {
        return newest.base() >= cleanedBelow || !wasCut;
    }

    void startsAt(long offset) {
        start = Math.max(start, offset);
        startMax = Math.max(start, startMax);
        highWatermark = Math.max(highWatermark, start);
    }

    void highWatermarkIs(long offset) {
        replicated |= offset > highWatermark;
        highWatermark = offset;
    }

    boolean isReplicated() {
        return replicated;
    }

    void begunEpoch(int epoch) {
        begunEpoch = epoch;
    }

    /** The end after a cut at an offset: a batch that contains it goes as a whole. */
    long endAfterCut(long offset) {
        long after = end;
        for (int i = batches.size() - 1; i >= 0 && batches.get(i).last() >= offset; i--) {
            after = batches.get(i).base();
        }
        return Math.min(after, end);
    }

    /** Whatever was cut may be seen again after a crash until the cut is known to be on the disk: {@code certain}. */
    void truncateTo(long newEnd, boolean certain) {
        List<ModelBatch> before = new ArrayList<>(batches);
        batches.removeIf(batch -> batch.base() >= newEnd);
        branches.removeIf(branch -> branch.fork > newEnd || certain);
        if (!certain) {
            branches.add(new Branch(newEnd, before));
        }
        wasCut = true;
        replicated = false;
        end = newEnd;
        start = Math.min(start, end);
        synced = Math.min(synced, newEnd);
        highWatermark = Math.min(highWatermark, newEnd);
        rememberedFrom = end;
        begunEpoch = -1;
    }

    /** A cut that failed half way: everything behind it may be gone. */
    void maybeTruncatedTo(long newEnd) {
        // Where nothing is left it is a restart, which may have been cut off between the old segments and the new one.
        wasCut = true;
        replicated = false;
        synced = newEnd <= start ? 0 : Math.min(synced, newEnd);
        startMax = newEnd <= start ? end : startMax;
        highWatermark = Math.min(highWatermark, newEnd);
    }

    /** The same for a restart: what is found may be the old log, or an empty one that begins there. */
    void maybeRestartedAt(long offset) {
        branches.add(new Branch(offset, new ArrayList<>()));
        startMax = Math.max(start, offset);
        synced = 0;
    }

    void restartAt(long offset, boolean certain) {
        List<ModelBatch> before = batches;
        startMax = certain ? offset : Math.max(start, offset);
        batches = new ArrayList<>();
        branches.clear();
        if (!certain) {
            branches.add(new Branch(offset, before));
        }
        start = offset;
        end = offset;
        cleanedBelow = 0;
        cutsFrom = offset;
        replicated = false;
        synced = offset;
        knownFrom = offset;
        highWatermark = offset;
        rememberedFrom = offset;
        begunEpoch = -1;
    }

    // ---- what a crash may leave of it
    // ------------------------------------------------------------------------------------------------

    /**
     * Takes what was found after the log was opened again, or says why that cannot be.
     *
     * @param exact nothing may be missing: the log was closed in order, or the process was killed and no operation was at work
     */
    void reopened(long foundStart, long foundEnd, List<ModelBatch> found, boolean exact) {
        String range = "found [" + foundStart + ", " + foundEnd + ") of [" + start + ", " + end + ") synced " + synced;
        require(foundEnd >= synced, "lost what was on the disk: " + range);
        require(foundStart <= Math.max(start, startMax), "lost what had not been deleted: " + range);
        long cleaned = Math.min(cleanedBelow, foundEnd);
        requireNoHole(Math.max(foundStart, cleaned), foundEnd, from(cleaned, found), range);
        boolean emptied = found.isEmpty() && foundEnd <= Math.max(start, startMax);
        List<ModelBatch> match = emptied || whyNot(batches, found, foundStart, foundEnd) == null
                ? batches
                : matchingBranch(found, foundStart, foundEnd);
        require(
                match != null,
                "changed records: " + range + ": " + whyNot(batches, found, foundStart, foundEnd) + ": "
                        + firstDifference(found));
        cleanedBelow = cleaned;
        cutsFrom = Math.min(cutsFrom, foundEnd);
        replicated = false;
        require(!exact || (foundEnd == end && match == batches), "not what was closed: " + range);
        batches = new ArrayList<>(
                match.stream().filter(batch -> batch.last() < foundEnd).toList());
        end = foundEnd;
        knownFrom = Math.max(knownFrom, start);
        start = foundStart;
        startMax = start;
        highWatermark = Math.max(start, Math.min(highWatermark, end));
        rememberedFrom = end;
        begunEpoch = -1;
    }

    private static List<ModelBatch> from(long offset, List<ModelBatch> all) {
        return all.stream().filter(batch -> batch.base() >= offset).toList();
    }

    private static List<ModelBatch> below(long offset, List<ModelBatch> all) {
        return all.stream().filter(batch -> batch.base() < offset).toList();
    }

    /** Why a log cannot hold what was found of these batches, after a crash and perhaps some cleaning; null where it can. */
    private String whyNot(List<ModelBatch> all, List<ModelBatch> found, long foundStart, long foundEnd) {
        if (cleanedBelow == 0) {
            return isPrefix(all, found, foundEnd) ? null : "other batches";
        }
        long cleaned = Math.min(cleanedBelow, foundEnd);
        if (!isPrefix(from(cleaned, all), from(cleaned, found), foundEnd)) {
            return "other batches from " + cleaned + " on";
        }
        return CleanedPart.problem(below(foundEnd, all), below(cleaned, found), foundStart, cleaned, tombstonesStay);
    }

    /** Why an open log that holds what was found is not this one; null where it is. */
    String difference(List<ModelBatch> found) {
        List<ModelBatch> expected = between(Math.max(start, cleanedBelow), Long.MAX_VALUE);
        List<ModelBatch> untouched = cleanedBelow == 0 ? found : from(cleanedBelow, found);
        if (expected.size() != untouched.size()) {
            return "expected " + expected.size() + " batches, found " + untouched.size();
        }
        for (int i = 0; i < expected.size(); i++) {
            if (!Arrays.equals(expected.get(i).bytes(), untouched.get(i).bytes())) {
                return "expected " + expected.get(i) + ", found " + untouched.get(i);
            }
        }
        return cleanedBelow == 0
                ? null
                : CleanedPart.problem(batches, below(cleanedBelow, found), start, cleanedBelow, tombstonesStay);
    }

    private List<ModelBatch> matchingBranch(List<ModelBatch> found, long foundStart, long foundEnd) {
        for (Branch branch : branches) {
            if (whyNot(branch.batches, found, foundStart, foundEnd) == null) {
                return branch.batches;
            }
        }
        return null;
    }

    private static void requireNoHole(long foundStart, long foundEnd, List<ModelBatch> found, String range) {
        long next = foundStart;
        for (ModelBatch batch : found) {
            boolean first = next == foundStart;
            require(
                    batch.base() == next || (first && batch.base() <= next && batch.last() >= next),
                    "a hole: " + next + " is followed by " + batch + ": " + range);
            next = batch.last() + 1;
        }
        require(next == foundEnd, "no record at " + next + ": " + range);
    }

    private static boolean isPrefix(List<ModelBatch> all, List<ModelBatch> found, long foundEnd) {
        if (found.isEmpty()) {
            return all.isEmpty()
                    || all.stream().noneMatch(batch -> batch.base() < foundEnd && batch.last() >= foundEnd);
        }
        int at = indexOf(all, found.get(0).base());
        if (at < 0 || at + found.size() > all.size()) {
            return false;
        }
        for (int i = 0; i < found.size(); i++) {
            if (!Arrays.equals(found.get(i).bytes(), all.get(at + i).bytes())) {
                return false;
            }
        }
        return true;
    }

    private static int indexOf(List<ModelBatch> all, long base) {
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).base() == base) {
                return i;
            }
        }
        return -1;
    }

    private String firstDifference(List<ModelBatch> found) {
        for (ModelBatch batch : found) {
            int at = indexOf(batches, batch.base());
            if (at < 0 || !Arrays.equals(batches.get(at).bytes(), batch.bytes())) {
                return "found " + batch + ", expected " + (at < 0 ? "none" : batches.get(at)) + ", branches "
                        + branches.stream()
                                .map(branch -> branch.fork + "+" + branch.batches.size())
                                .toList();
            }
        }
        return "nothing differs";
    }

    // ---- what readers are to see
    // ---------------------------------------------------------------------------------------------------

    /** The batches from the one on that holds {@code from}, and that end at or below {@code bound}. */
    List<ModelBatch> between(long from, long bound) {
        return batches.stream()
                .filter(batch -> batch.last() >= from && batch.last() < bound)
                .toList();
    }

    /** The first batch at or above the start with a record at or after that time, or null. */
    ModelBatch firstAtOrAfter(long timestampMs) {
        return between(start, end).stream()
                .filter(batch -> batch.maxTimestamp() >= timestampMs)
                .findFirst()
                .orElse(null);
    }

    /** The epoch at an offset, -1 where there is no record. */
    int epochAt(long offset) {
        return batches.stream()
                .filter(batch -> batch.base() <= offset && batch.last() >= offset)
                .mapToInt(ModelBatch::epoch)
                .findFirst()
                .orElse(-1);
    }

    /** The newest epoch that the log must know, -1 if none. */
    int latestEpoch() {
        int written = between(knownFrom(), end).stream()
                .mapToInt(ModelBatch::epoch)
                .max()
                .orElse(-1);
        return Math.max(written, begunEpoch);
    }

    // ---- producers
    // ---------------------------------------------------------------------------------------------------------------------

    /** The newest batch of a producer, where the log must know it; null where it has none or it was deleted. */
    ModelBatch newestOf(long producerId) {
        ModelBatch newest = null;
        for (ModelBatch batch : between(start, end)) {
            newest = batch.producerId() == producerId && !batch.isControl() ? batch : newest;
        }
        return newest;
    }

    /** Largest epoch that the producer was ever seen with, also in what was lost; -1 if never. */
    int producerEpochMax(long producerId) {
        return producerEpochs.getOrDefault(producerId, -1);
    }

    /** Whether a repetition of this batch must be known as one: the newest always, four older ones until the log is opened again. */
    boolean mustRemember(ModelBatch batch) {
        int newer = 0;
        boolean epochEnded = false;
        for (ModelBatch other : between(start, end)) {
            if (other.producerId() == batch.producerId() && other.base() > batch.base() && !other.isControl()) {
                newer++;
                epochEnded |= other.producerEpoch() != batch.producerEpoch();
            }
        }
        return newer == 0 || (newer < REMEMBERED && !epochEnded && batch.base() >= rememberedFrom);
    }
}
