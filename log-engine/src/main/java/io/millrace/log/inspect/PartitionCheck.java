package io.millrace.log.inspect;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.log.checkpoint.SyncedOffsetFile;
import io.millrace.log.epoch.EpochStart;
import io.millrace.log.epoch.LeaderEpochs;
import io.millrace.log.inspect.PartitionFiles.SegmentPath;
import io.millrace.log.inspect.PartitionReport.Damage;
import io.millrace.log.inspect.PartitionReport.Mend;
import io.millrace.log.inspect.Problem.Kind;
import io.millrace.log.inspect.SegmentBatches.State;
import io.millrace.log.producer.ProducerSnapshot;
import io.millrace.log.segment.HeaderDamage;
import io.millrace.log.segment.HeaderSumCheck;
import io.millrace.log.segment.HeaderSumTable;
import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Looks at everything in one partition. Used once, by one thread. */
final class PartitionCheck {
    private final PartitionFiles files;
    private final VerifyOptions options;
    private final long knownOffset;
    private final long syncedOffset;
    private final BatchOrder order;
    private final List<Problem> problems = new ArrayList<>();
    private final List<Damage> damages = new ArrayList<>();
    private final List<Mend> mends = new ArrayList<>();
    private final Set<Path> doubtful = new LinkedHashSet<>();
    private @Nullable LeaderEpochs epochs;

    private int epochMatches;
    private int epochMismatches;
    private @Nullable Mend lastMismatch;

    private long batches;
    private long records;
    private long firstOffset = -1;
    private long lastOffset = -1;
    private long maxTimestamp = -1;
    private long bytes;
    private long spareBytes;

    /**
     * A check of these files.
     *
     * @param gapsBelow offsets may be missing below
     * @param knownOffset everything below was on the disk
     */
    PartitionCheck(PartitionFiles files, VerifyOptions options, long gapsBelow, long knownOffset) {
        this.files = files;
        this.options = options;
        SyncedOffsetFile synced = files.whole()
                ? SyncedOffsetFile.open(files.directory(), FileFaults.NONE)
                : SyncedOffsetFile.absent(files.directory(), FileFaults.NONE);
        syncedOffset = synced.point().offset();
        this.knownOffset = Math.max(knownOffset, syncedOffset);
        order = new BatchOrder(Math.max(gapsBelow, synced.cleanedBelow()), problems::add);
    }

    PartitionReport run() {
        checkMetadata();
        epochs = readEpochs();
        for (SegmentPath segment : files.segments()) {
            order.beginsAt(segment.baseOffset());
            checkSegment(segment);
        }
        order.mends().stream()
                .filter(mend -> mend.size() == Long.BYTES)
                .forEach(mend -> forgetIndexProblems(mend.segment()));
        judgeEpochs();
        checkSynced();
        files.snapshots().forEach(this::checkSnapshot);
        mends.addAll(order.mends());
        return new PartitionReport(
                files,
                batches,
                records,
                firstOffset,
                lastOffset,
                order.expected(),
                maxTimestamp,
                bytes,
                spareBytes,
                knownOffset,
                problems,
                damages,
                mends,
                order.gaps(),
                List.copyOf(doubtful));
    }

    // ---- batches
    // -------------------------------------------------------------------------------------------------------------------

    private void checkSegment(SegmentPath segment) {
        IndexEntries offsets = IndexEntries.offsets(segment);
        IndexEntries times = IndexEntries.times(segment);
        boolean wasSound = problems.size() == countOfIndexProblems();
        IndexCheck index = new IndexCheck(offsets, times, problems::add);
        TxnIndexCheck aborted = new TxnIndexCheck(segment, problems::add);
        HeaderSumTable kept = HeaderSumTable.read(segment.beside(SegmentFiles.HEADER_SUMS), FileFaults.NONE);
        HeaderSumCheck sums = HeaderSumCheck.ofSegment(kept, segment.baseOffset());
        int damagesBefore = damages.size();
        long segmentLast = -1;
        try (SegmentBatches walk = SegmentBatches.open(segment.log())) {
            for (State state = walk.advance(); state != State.END; state = walk.advance()) {
                if (state == State.BAD) {
                    if (!passDamage(segment, walk)) {
                        break;
                    }
                } else {
                    sums.accept(walk.buffer(), walk.at(), (int) walk.position());
                    segmentLast = checkBatch(segment, walk, index, aborted);
                }
            }
            boolean whole = damages.size() == damagesBefore;
            spareBytes += whole ? walk.length() - walk.position() : 0;
            if (whole && !kept.isEmpty()) {
                checkSums(segment, sums, (int) walk.position());
            }
        }
        order.segmentEnds(segment.endOffset());
        boolean grows = options.live() && segment.isLast();
        if (damages.size() == damagesBefore && wasSound && !grows) {
            index.end(segmentLast, !segment.isLast());
        }
        if (index.isBroken()) {
            doubtful.add(offsets.path());
            doubtful.add(times.path());
        }
        if (aborted.end()) {
            doubtful.add(aborted.path());
        }
    }

    /** What the sums have to say of batches whose checksums hold: a wrong header field, or batches that are gone from the end. */
    private void checkSums(SegmentPath segment, HeaderSumCheck sums, int end) {
        sums.finish(end);
        HeaderDamage damage = sums.damage();
        boolean told = problems.stream()
                .anyMatch(each -> each.kind() == Kind.HEADER && each.file().equals(segment.log()));
        if (damage != null && !told) {
            problem(Kind.HEADER_SUM, segment, damage.position(), damage.offset(), damage.cause());
        }
        int lost = sums.lostBytes(end);
        if (lost > 0 && !sums.isForeign() && !options.live()) {
            problem(Kind.HEADER_SUM, segment, end, order.expected(), lost + " bytes of batches are gone from the end");
        }
    }

    /** Held against a base offset that is wrong, a sound index looks wrong as well. */
    private void forgetIndexProblems(SegmentPath segment) {
        Path offsets = segment.beside(SegmentFiles.OFFSET_INDEX);
        Path times = segment.beside(SegmentFiles.TIME_INDEX);
        problems.removeIf(each -> each.file().equals(offsets) || each.file().equals(times));
        doubtful.remove(offsets);
        doubtful.remove(times);
    }

    /** Index entries are told about once only: behind damage they cannot be held against anything. */
    private int countOfIndexProblems() {
        return (int) problems.stream()
                .filter(each -> each.kind() == Kind.OFFSET_INDEX || each.kind() == Kind.TIME_INDEX)
                .count();
    }

    private long checkBatch(SegmentPath segment, SegmentBatches walk, IndexCheck index, TxnIndexCheck aborted) {
        ByteBuffer buffer = walk.buffer();
        int at = walk.at();
        long base = order.batch(segment, walk.position(), buffer, at);
        long last = base + RecordBatchDescriptor.lastOffsetDelta(buffer, at);
        long timestamp = RecordBatchDescriptor.maxTimestamp(buffer, at);
        if (last >= segment.endOffset()) {
            problem(
                    Kind.OFFSETS,
                    segment,
                    walk.position(),
                    last,
                    "batch has offset " + last + ", which belongs to the segment that begins at "
                            + segment.endOffset());
        }
        index.batch(walk.position(), base, last, timestamp);
        aborted.batch(buffer, at, base);
        checkEpoch(segment, walk.position(), base, RecordBatchDescriptor.leaderEpoch(buffer, at));
        batches++;
        bytes += RecordBatchDescriptor.sizeInBytes(buffer, at);
        maxTimestamp = Math.max(maxTimestamp, timestamp);
        countRecords(segment, walk, base, last);
        return last;
    }

    private void countRecords(SegmentPath segment, SegmentBatches walk, long base, long last) {
        ByteBuffer buffer = walk.buffer();
        int at = walk.at();
        int count = RecordBatchDescriptor.recordsCount(buffer, at);
        RecordWalker walker = options.walker();
        if (walker == null) {
            records += Math.max(0, count);
            firstOffset = firstOffset < 0 && count > 0 ? base : firstOffset;
            lastOffset = count > 0 ? last : lastOffset;
            return;
        }
        RecordCheck check = new RecordCheck(base, last, RecordBatchDescriptor.maxTimestamp(buffer, at));
        String unreadable = walker.walk(buffer, at, check);
        String wrong = unreadable != null ? unreadable : check.end(count);
        if (wrong != null) {
            problem(Kind.RECORD, segment, walk.position(), check.lastOffset() < 0 ? base : check.lastOffset(), wrong);
        }
        records += check.count();
        firstOffset = firstOffset < 0 ? check.firstOffset() : firstOffset;
        lastOffset = check.lastOffset() < 0 ? lastOffset : check.lastOffset();
    }

    /** Tells what is bad and finds the next sound batch; false where there is none. */
    private boolean passDamage(SegmentPath segment, SegmentBatches walk) {
        long from = walk.position();
        long badBytes = walk.badBytes();
        String why = String.valueOf(walk.problem());
        long next = order.expected();
        boolean follows = walk.resync(next, segment.endOffset());
        if (!follows && options.live() && segment.isLast()) {
            return false;
        }
        long to = follows ? walk.position() : walk.length();
        order.damage();
        if (follows && mendLength(segment, walk, from, to, next)) {
            return true;
        }
        boolean torn = !follows && segment.isLast() && next >= knownOffset;
        long following = follows ? baseAt(walk) : -1;
        problem(
                torn ? Kind.TORN_TAIL : Kind.BATCH,
                segment,
                from,
                next,
                (follows ? to - from : badBytes) + " bytes are no batch: " + why
                        + (follows ? ", the next sound one is at " + to + " with offset " + following : ""));
        damages.add(new Damage(segment, from, to, next, following, follows ? to - from : badBytes, why));
        return follows;
    }

    private static long baseAt(SegmentBatches walk) {
        return RecordBatchDescriptor.baseOffset(walk.buffer(), walk.at());
    }

    private boolean mendLength(SegmentPath segment, SegmentBatches walk, long from, long to, long next) {
        int right = walk.lengthThatFits(from, to);
        if (right < 0) {
            return false;
        }
        int found = walk.intAt(from + RecordBatchDescriptor.LENGTH);
        mends.add(new Mend(
                segment, from + RecordBatchDescriptor.LENGTH, Integer.BYTES, "batch length", found, right, next));
        problem(
                Kind.HEADER,
                segment,
                from,
                next,
                "batch length is " + found + " where " + right + " fits the checksum");
        return true;
    }

    // ---- beside the batches
    // --------------------------------------------------------------------------------------------------------

    private @Nullable LeaderEpochs readEpochs() {
        if (!files.whole()) {
            return null;
        }
        Path path = files.directory().resolve(LeaderEpochs.FILE_NAME);
        try {
            LeaderEpochs read = LeaderEpochs.open(files.directory(), () -> 0, FileFaults.NONE);
            return Files.exists(path) ? read : null;
        } catch (StorageException e) {
            doubtful.add(path);
            problems.add(new Problem(Kind.EPOCHS, path, -1, -1, String.valueOf(e.getMessage())));
            return null;
        }
    }

    private void checkEpoch(SegmentPath segment, long position, long base, int found) {
        LeaderEpochs known = epochs;
        // An epoch reaches the checkpoint before the records are known to be on the disk, and not when it begins.
        boolean isNew = known != null && base >= knownOffset && found > known.latestEpoch();
        if (known == null || isNew || found == RecordBatchDescriptor.NO_LEADER_EPOCH) {
            return;
        }
        List<EpochStart> starts = known.entries();
        boolean covered = !starts.isEmpty() && starts.get(0).startOffset() <= base;
        int told = known.epochForOffset(base);
        if (covered && told == found) {
            epochMatches++;
        } else if (covered) {
            epochMismatches++;
            lastMismatch = new Mend(
                    segment,
                    position + RecordBatchDescriptor.LEADER_EPOCH,
                    Integer.BYTES,
                    "leader epoch",
                    found,
                    told,
                    base);
        }
    }

    /** One batch among others that agree with the checkpoint is wrong itself; otherwise the checkpoint is. */
    private void judgeEpochs() {
        Mend mismatch = lastMismatch;
        if (mismatch == null || order.mends().stream().anyMatch(mend -> mend.offset() == mismatch.offset())) {
            return;
        }
        boolean batchIsWrong = epochMismatches == 1 && epochMatches > 0;
        problem(
                batchIsWrong ? Kind.HEADER : Kind.EPOCHS,
                mismatch.segment(),
                mismatch.position() - RecordBatchDescriptor.LEADER_EPOCH,
                mismatch.offset(),
                "batch has leader epoch " + mismatch.found() + ", the checkpoint says " + mismatch.right());
        if (batchIsWrong) {
            mends.add(mismatch);
        } else {
            doubtful.add(files.directory().resolve(LeaderEpochs.FILE_NAME));
        }
    }

    private void checkSnapshot(Path snapshot) {
        if (ProducerSnapshot.read(snapshot) == null) {
            doubtful.add(snapshot);
            long offset = PartitionFiles.offsetOf(snapshot, PartitionFiles.SNAPSHOT);
            problems.add(
                    new Problem(Kind.SNAPSHOT, snapshot, 0, offset, "checksum or layout of the snapshot is wrong"));
        }
    }

    /** Where bytes are no batch that is told already; here it is about a file that was cut. */
    private void checkSynced() {
        boolean comparable = files.whole() && damages.isEmpty() && !options.live();
        if (comparable && order.expected() >= 0 && order.expected() < syncedOffset) {
            Path path = files.directory().resolve(SyncedOffsetFile.FILE_NAME);
            problems.add(new Problem(
                    Kind.SYNCED,
                    path,
                    -1,
                    order.expected(),
                    "records up to offset " + syncedOffset + " were on the disk, the log ends at " + order.expected()));
        }
    }

    private void checkMetadata() {
        if (!files.whole()) {
            return;
        }
        try {
            PartitionMetadata.read(files.directory());
        } catch (StorageException e) {
            Path path = files.directory().resolve(PartitionMetadata.FILE_NAME);
            problems.add(new Problem(Kind.METADATA, path, -1, -1, String.valueOf(e.getMessage())));
        }
    }

    private void problem(Kind kind, SegmentPath segment, long position, long offset, String what) {
        problems.add(new Problem(kind, segment.log(), position, offset, what));
    }
}
