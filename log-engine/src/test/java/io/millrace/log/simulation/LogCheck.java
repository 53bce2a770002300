package io.millrace.log.simulation;

import static io.millrace.log.simulation.Disagreement.require;
import static io.millrace.log.simulation.Disagreement.requireEqual;

import io.millrace.log.LogSlice;
import io.millrace.log.PartitionLog;
import io.millrace.log.epoch.EpochEnd;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Compares what a log answers with what its twin says. Stateless. */
final class LogCheck {
    private static final int EVERYTHING = Integer.MAX_VALUE;

    private LogCheck() {}

    /** All batches that can be read, from the log start to the log end; a stretch that cannot be read is a disagreement. */
    static List<ModelBatch> readAll(PartitionLog log) {
        List<ModelBatch> found = new ArrayList<>();
        long next = log.logStartOffset();
        while (next < log.logEndOffset()) {
            ByteBuffer bytes = read(log, next, EVERYTHING, Long.MAX_VALUE);
            List<ModelBatch> batches = ModelBatch.parse(bytes);
            int whole = batches.stream().mapToInt(ModelBatch::size).sum();
            require(!batches.isEmpty(), "nothing can be read at " + next + " of " + log);
            requireEqual(
                    bytes.limit(),
                    whole,
                    "bytes that are no batch at " + next + " after " + batches.get(batches.size() - 1) + " of " + log);
            found.addAll(batches);
            next = batches.get(batches.size() - 1).last() + 1;
        }
        return found;
    }

    private static ByteBuffer read(PartitionLog log, long offset, int maxBytes, long bound) {
        LogSlice slice = log.read(offset, maxBytes, bound, true);
        require(slice != null, "offset " + offset + " cannot be read of " + log);
        try {
            return slice.copy();
        } finally {
            slice.close();
        }
    }

    static void offsets(PartitionLog log, ModelLog model) {
        requireEqual(model.end(), log.logEndOffset(), "log end offset");
        requireEqual(model.start(), log.logStartOffset(), "log start offset");
        require(
                log.flushedOffset() <= log.logEndOffset() && log.flushedOffset() >= log.logStartOffset(),
                "flushed is out of range: " + log);
        requireEqual(model.highWatermark(), log.highWatermark(), "high watermark");
    }

    static void everything(PartitionLog log, ModelLog model) {
        List<ModelBatch> found = readAll(log);
        String difference = model.difference(found);
        require(difference == null, difference + " of " + log);
        TransactionCheck.check(log, model, found);
        epochs(log, model);
    }

    /** A read of a random range: whole batches below the bound, the last one cut off where the size ends. */
    static void randomRead(PartitionLog log, ModelLog model, Random random) {
        long span = model.end() - model.start();
        if (span == 0) {
            requireEqual(0, read(log, model.end(), EVERYTHING, Long.MAX_VALUE).limit(), "bytes at the end");
            return;
        }
        long from = model.start() + Math.floorMod(random.nextLong(), span);
        long bound = from + Math.floorMod(random.nextLong(), model.end() - from + 1);
        int maxBytes = 1 + random.nextInt(5000);
        byte[] expected = concat(model.cleanedBelow() == 0 ? model.between(from, bound) : between(log, from, bound));
        ByteBuffer found = read(log, from, maxBytes, bound);
        String what = "read from " + from + " to " + bound + " of " + log;
        require(found.limit() <= expected.length, what + ": more than there is: " + found.limit());
        require(found.limit() > 0 || expected.length == 0, what + ": nothing");
        for (int i = 0; i < found.limit(); i++) {
            require(found.get(i) == expected[i], what + ": byte " + i + " differs");
        }
    }

    /** What a cleaner has been at is taken as it is: whether it is right is told by {@link #everything}. */
    private static List<ModelBatch> between(PartitionLog log, long from, long bound) {
        return readAll(log).stream()
                .filter(batch -> batch.last() >= from && batch.last() < bound)
                .toList();
    }

    private static byte[] concat(List<ModelBatch> batches) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        batches.forEach(batch -> all.write(batch.bytes(), 0, batch.size()));
        return all.toByteArray();
    }

    static void timeLookup(PartitionLog log, ModelLog model, Random random) {
        if (model.cleanedBelow() > 0) {
            return; // batches of which only some records are left keep their times
        }
        List<ModelBatch> batches = model.between(model.start(), Long.MAX_VALUE);
        long around = batches.isEmpty()
                ? SimulatedClock.BEGIN_MS
                : batches.get(random.nextInt(batches.size())).maxTimestamp();
        long timestampMs = around + random.nextInt(5) - 2;
        ModelBatch expected = model.firstAtOrAfter(timestampMs);
        LogSlice slice = log.firstBatchAtOrAfter(timestampMs, Long.MAX_VALUE);
        try {
            String what = "first batch at or after " + timestampMs + " of " + log + ", expected " + expected;
            require((slice == null) == (expected == null), what);
            if (slice != null && expected != null) {
                requireEqual(expected.base(), slice.firstBatchOffset(), what);
                require(Arrays.equals(expected.bytes(), bytes(slice)), what);
            }
        } finally {
            if (slice != null) {
                slice.close();
            }
        }
    }

    private static byte[] bytes(LogSlice slice) {
        byte[] bytes = new byte[slice.length()];
        slice.copy().get(bytes);
        return bytes;
    }

    /** Every record's epoch, and where each epoch with a record ends. */
    static void epochs(PartitionLog log, ModelLog model) {
        List<ModelBatch> batches = model.between(model.knownFrom(), Long.MAX_VALUE);
        for (int i = 0; i < batches.size(); i++) {
            ModelBatch batch = batches.get(i);
            long first = Math.max(batch.base(), model.knownFrom());
            requireEqual(batch.epoch(), log.epochs().epochForOffset(first), "epoch at " + first + " of " + log);
            boolean lastOfEpoch = i + 1 < batches.size() && batches.get(i + 1).epoch() > batch.epoch();
            if (lastOfEpoch) {
                EpochEnd end = log.epochs().endOffsetFor(batch.epoch());
                requireEqual(
                        batches.get(i + 1).base(), end.endOffset(), "end of epoch " + batch.epoch() + " of " + log);
            }
        }
        require(
                log.epochs().latestEpoch() >= model.latestEpoch(),
                "latest epoch " + log.epochs().latestEpoch() + ", expected " + model.latestEpoch() + " from "
                        + model.knownFrom() + " of " + batches);
    }
}
