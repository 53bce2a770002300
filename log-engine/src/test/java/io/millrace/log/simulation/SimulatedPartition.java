package io.millrace.log.simulation;

import static io.millrace.log.simulation.Disagreement.require;
import static io.millrace.log.simulation.Disagreement.requireEqual;

import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.PartitionLog;
import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** One log and its twin, and what is appended to both. */
final class SimulatedPartition {
    private static final int PRODUCERS = 4;
    private static final long FIRST_TRANSACTIONAL = 11;
    private static final int TRANSACTIONAL = 2;

    private final String topic;
    private final Random random;
    private final SimulatedClock clock;
    private final SimulatedDisk disk;
    private final RandomBatches batches;
    private final AppendResult result = new AppendResult();
    private final ModelLog model;
    private final Extras extras;

    private PartitionLog log;
    private boolean created;
    private int leaderEpoch;
    private long acknowledged;
    private long markers;

    SimulatedPartition(
            String topic,
            Random random,
            SimulatedClock clock,
            SimulatedDisk disk,
            RandomBatches batches,
            Extras extras,
            ModelLog model) {
        this.topic = topic;
        this.random = random;
        this.clock = clock;
        this.disk = disk;
        this.batches = batches;
        this.extras = extras;
        this.model = model;
    }

    String topic() {
        return topic;
    }

    ModelLog model() {
        return model;
    }

    PartitionLog log() {
        return log;
    }

    void opened(PartitionLog opened) {
        log = opened;
        created = true;
    }

    boolean wasCreated() {
        return created;
    }

    boolean isHealthy() {
        return log.failure() == null;
    }

    /** How often a waiter was told that its records are on the disk. */
    long acknowledged() {
        return acknowledged;
    }

    // ---- appends
    // ---------------------------------------------------------------------------------------------------------------

    String append() {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> appendPlain(1);
            case 3 -> appendPlain(2 + random.nextInt(3));
            case 4, 5 -> appendIdempotent();
            case 6 -> appendAsFollower();
            default -> random.nextInt(3) == 0 ? newEpoch() : appendPlain(1);
        };
    }

    private long timestamp() {
        return clock.millis() + random.nextInt(200) - 100;
    }

    private String newEpoch() {
        leaderEpoch++;
        if (random.nextBoolean() && isHealthy()) {
            boolean begun = attempt("begin epoch", () -> log.beginLeaderEpoch(leaderEpoch));
            if (begun) {
                model.begunEpoch(leaderEpoch);
            }
        }
        return "epoch " + leaderEpoch;
    }

    private String appendPlain(int count) {
        List<ModelBatch> expected = new ArrayList<>();
        long next = model.end();
        for (int i = 0; i < count; i++) {
            expected.add(ModelBatch.of(batches.plain(timestamp()), next, leaderEpoch));
            next = expected.get(i).last() + 1;
        }
        return "append " + lead(expected, count == 1 ? AppendOrigin.CLIENT : AppendOrigin.COORDINATOR);
    }

    private String appendIdempotent() {
        long producerId = 1L + random.nextInt(PRODUCERS);
        ModelBatch newest = model.newestOf(producerId);
        boolean goesOn = newest != null
                && newest.producerEpoch() == model.producerEpochMax(producerId)
                && model.isSequenceKnown(newest);
        int epoch = goesOn && random.nextInt(20) > 0 ? newest.producerEpoch() : model.producerEpochMax(producerId) + 1;
        int sequence = goesOn && epoch == newest.producerEpoch() ? newest.lastSequence() + 1 : 0;
        byte[] batch = batches.idempotent(timestamp(), producerId, epoch, sequence);
        ModelBatch expected = ModelBatch.of(batch, model.end(), leaderEpoch);
        return "append of producer " + producerId + " " + lead(List.of(expected), AppendOrigin.CLIENT);
    }

    /** A batch of a transaction, which it begins where none is open; or, more seldom, its end. */
    String transact() {
        long producerId = FIRST_TRANSACTIONAL + extras.random().nextInt(TRANSACTIONAL);
        Long open = ModelTransactions.of(model.batches()).open().get(producerId);
        ModelBatch newest = model.newestOf(producerId);
        int latest = model.producerEpochMax(producerId);
        boolean goesOn = newest != null && newest.producerEpoch() == latest && model.isSequenceKnown(newest);
        if (open != null && goesOn && extras.random().nextBoolean()) {
            return endTransaction(producerId, latest);
        }
        boolean newEpoch = !goesOn || (open == null && extras.random().nextInt(10) == 0);
        int epoch = newEpoch ? latest + 1 : latest;
        int sequence = newEpoch ? 0 : newest.lastSequence() + 1;
        byte[] batch = batches.transactional(timestamp(), producerId, epoch, sequence);
        ModelBatch expected = ModelBatch.of(batch, model.end(), leaderEpoch);
        return "transaction of " + producerId + " " + lead(List.of(expected), AppendOrigin.CLIENT);
    }

    private String endTransaction(long producerId, int epoch) {
        boolean commit = extras.random().nextBoolean();
        byte[] marker = RandomBatches.marker(timestamp(), producerId, epoch, commit);
        ModelBatch expected = ModelBatch.of(marker, model.end(), leaderEpoch);
        markers++;
        return (commit ? "commit of " : "abort of ") + producerId + " "
                + lead(List.of(expected), AppendOrigin.COORDINATOR);
    }

    /** How many markers were appended. */
    long markers() {
        return markers;
    }

    private AppendStatus lead(List<ModelBatch> expected, AppendOrigin origin) {
        AppendStatus status = log.appendAsLeader(unassigned(expected), leaderEpoch, origin, result);
        note(status, expected);
        return status;
    }

    /** The batches as a producer sends them: without offsets and epoch. */
    private static ByteBuffer unassigned(List<ModelBatch> expected) {
        ByteBuffer all = concat(expected);
        for (int at = 0; at < all.limit(); at += RecordBatchDescriptor.sizeInBytes(all, at)) {
            RecordBatchDescriptor.assign(all, at, 0, RecordBatchDescriptor.NO_LEADER_EPOCH);
        }
        return all;
    }

    private static ByteBuffer concat(List<ModelBatch> all) {
        ByteBuffer buffer =
                ByteBuffer.allocate(all.stream().mapToInt(ModelBatch::size).sum());
        all.forEach(batch -> buffer.put(batch.bytes()));
        return buffer.flip();
    }

    private void note(AppendStatus status, List<ModelBatch> expected) {
        if (status == AppendStatus.APPENDED) {
            requireEqual(expected.get(0).base(), result.firstOffset(), "first offset of an append");
            ModelBatch last = expected.get(expected.size() - 1);
            requireEqual(last.last(), result.lastOffset(), "last offset of an append");
            model.append(expected);
            return;
        }
        boolean tooLarge = status == AppendStatus.TOO_LARGE;
        boolean disk = status == AppendStatus.NO_SPACE || status == AppendStatus.OFFLINE;
        require(tooLarge || disk, "an append ended with " + status + " " + result.message());
        require(tooLarge || hasFault(), "an append failed without a fault: " + status + " " + result.message());
        if (disk) {
            model.maybeAppended(expected);
        }
    }

    /** What a leader of another epoch has sent: offsets and epochs are given, batches of two epochs may come at once. */
    private String appendAsFollower() {
        List<ModelBatch> expected = new ArrayList<>();
        long next = model.end();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            leaderEpoch += random.nextInt(12) == 0 ? 1 : 0;
            ModelBatch batch = ModelBatch.of(batches.plain(timestamp()), next, leaderEpoch);
            expected.add(batch);
            next = batch.last() + 1;
        }
        AppendStatus status = log.appendAsFollower(concat(expected), result);
        if (status == AppendStatus.APPENDED) {
            note(status, expected);
        } else {
            noteAsFar(status, expected);
        }
        return "follow " + status;
    }

    /** Where the disk fills up in the middle, whole batches before have been appended: the log tells how many. */
    private void noteAsFar(AppendStatus status, List<ModelBatch> expected) {
        long end = log.logEndOffset();
        List<ModelBatch> before =
                expected.stream().filter(batch -> batch.last() < end).toList();
        model.append(before);
        require(hasFault(), "a replicated append failed without a fault: " + status + " " + result.message());
        model.maybeAppended(expected.subList(before.size(), expected.size()));
    }

    // ---- appends that must be refused
    // ---------------------------------------------------------------------------------------------

    String probe() {
        return switch (random.nextInt(4)) {
            case 0 -> repeat();
            case 1 -> skipSequence();
            case 2 -> corrupt();
            default -> fenced();
        };
    }

    private String repeat() {
        ModelBatch newest = model.newestOf(1 + random.nextInt(PRODUCERS));
        if (newest == null || newest.base() < model.knownFrom() || !model.isSequenceKnown(newest)) {
            return "nothing to repeat";
        }
        List<ModelBatch> ofProducer = model.between(model.start(), Long.MAX_VALUE).stream()
                .filter(batch ->
                        batch.producerId() == newest.producerId() && batch.producerEpoch() == newest.producerEpoch())
                .toList();
        ModelBatch repeated = ofProducer.get(Math.max(0, ofProducer.size() - 1 - random.nextInt(6)));
        boolean certain = model.mustRemember(repeated);
        AppendStatus status =
                log.appendAsLeader(unassigned(List.of(repeated)), leaderEpoch(), AppendOrigin.CLIENT, result);
        boolean duplicate = status == AppendStatus.DUPLICATE;
        require(
                duplicate || (!certain && status == AppendStatus.OUT_OF_ORDER_SEQUENCE),
                "a repetition of " + repeated + " ended with " + status + " " + result.message());
        if (duplicate) {
            requireEqual(repeated.base(), result.firstOffset(), "first offset of a repetition");
            requireEqual(repeated.last(), result.lastOffset(), "last offset of a repetition");
        }
        return "repeat " + status;
    }

    private int leaderEpoch() {
        return Math.max(leaderEpoch, log.epochs().latestEpoch());
    }

    private String skipSequence() {
        ModelBatch newest = model.newestOf(1 + random.nextInt(PRODUCERS));
        if (newest == null || newest.base() < model.knownFrom() || !model.isSequenceKnown(newest)) {
            return "nothing to skip";
        }
        byte[] batch =
                batches.idempotent(timestamp(), newest.producerId(), newest.producerEpoch(), newest.lastSequence() + 2);
        AppendStatus status = log.appendAsLeader(ByteBuffer.wrap(batch), leaderEpoch(), AppendOrigin.CLIENT, result);
        boolean refused = status == AppendStatus.OUT_OF_ORDER_SEQUENCE || status == AppendStatus.TOO_LARGE;
        require(refused, "a sequence that misses one ended with " + status);
        return "skip " + status;
    }

    private String corrupt() {
        byte[] batch = batches.plain(timestamp());
        int at = RecordBatchDescriptor.CRC + random.nextInt(batch.length - RecordBatchDescriptor.CRC);
        batch[at] ^= (byte) (1 << random.nextInt(8));
        AppendStatus status = log.appendAsLeader(ByteBuffer.wrap(batch), leaderEpoch(), AppendOrigin.CLIENT, result);
        boolean refused = status == AppendStatus.CORRUPT;
        require(refused, "a batch with a flipped bit ended with " + status);
        return "corrupt " + status;
    }

    private String fenced() {
        int latest = log.epochs().latestEpoch();
        if (latest <= 0) {
            return "nobody to fence";
        }
        byte[] batch = batches.plain(timestamp());
        AppendStatus status = log.appendAsLeader(ByteBuffer.wrap(batch), latest - 1, AppendOrigin.CLIENT, result);
        require(
                status == AppendStatus.FENCED_EPOCH || status == AppendStatus.TOO_LARGE,
                "an append of an older leader ended with " + status);
        return "fence " + status;
    }

    // ---- durability
    // ----------------------------------------------------------------------------------------------------------------

    String flush() {
        return "flush " + attempt("flush", log::flush);
    }

    /** Waits as an acknowledgement does that leaves only after the force. */
    String awaitFlush() {
        long endOffset = model.end();
        PartitionLog waitedFor = log;
        log.onFlushed(endOffset, failure -> {
            if (failure == null) {
                require(waitedFor.flushedOffset() >= endOffset, "told too early: " + waitedFor);
                acknowledged++;
            }
        });
        return "await " + endOffset;
    }

    /** What the log says is on the disk has to be there after any crash. */
    void believeFlushed() {
        // Where the log start is the recovery point it says no more than that nobody asks for what is below.
        if (log.flushedOffset() > log.logStartOffset()) {
            model.syncedTo(Math.min(log.flushedOffset(), model.end()));
        }
    }

    // ---- what is not an append
    // -----------------------------------------------------------------------------------------------------

    String advanceHighWatermark() {
        long offset =
                model.highWatermark() + random.nextInt((int) Math.min(1000, model.end() - model.highWatermark()) + 1);
        log.advanceHighWatermark(offset);
        model.highWatermarkIs(offset);
        return "high watermark " + offset;
    }

    String advanceLogStart() {
        if (extras.isCompacted()) {
            return "not of a compacted log";
        }
        long span = model.highWatermark() - model.start();
        long offset = model.start() + random.nextInt((int) Math.min(span, 100) + 1);
        boolean[] advanced = new boolean[1];
        boolean done = attempt("advance the log start", () -> advanced[0] = log.advanceLogStartOffset(offset));
        if (done) {
            require(advanced[0] == offset > model.start(), "log start " + offset + " was taken: " + advanced[0]);
        }
        model.startsAt(Math.max(model.start(), log.logStartOffset()));
        return "log start " + offset;
    }

    /** Runs an operation that a failing disk may end. True where it was done. */
    boolean attempt(String what, Runnable operation) {
        try {
            operation.run();
            return true;
        } catch (io.millrace.mapped.StorageException e) {
            if (!hasFault()) {
                throw new Disagreement(what + " failed without a fault", e);
            }
            return false;
        }
    }

    private boolean hasFault() {
        return disk.isOff() || disk.injection().injected() > 0;
    }
}
