package io.millrace.log.producer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.mapped.FileFaults;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random producers, markers, restarts and expiry, side by side with a twin that keeps every batch in a list. */
class ProducerStatesFuzzTest {
    private static final int STEPS = 20_000;
    private static final long EXPIRATION_MS = 5_000;
    private static final int PRODUCERS = 6;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(longs = {3, 11, 20261122})
    void agreesWithTheNaiveTwin(long seed) {
        Run run = new Run(new Random(seed), ProducerStates.open(directory, EXPIRATION_MS, FileFaults.NONE));
        for (int step = 0; step < STEPS; step++) {
            run.step("seed=" + seed + " step=" + step);
        }
        assertTrue(run.verdicts.size() >= 5, run.verdicts.toString());
    }

    private final class Run {
        private final Random random;
        private final Map<Long, Twin> twins = new HashMap<>();
        private final Map<Long, Long> unreplicated = new HashMap<>();
        private final Map<ProducerVerdict, Integer> verdicts = new EnumMap<>(ProducerVerdict.class);
        private ProducerStates states;
        private long endOffset;
        private long nowMs = 1_000_000;

        Run(Random random, ProducerStates states) {
            this.random = random;
            this.states = states;
        }

        void step(String where) {
            nowMs += random.nextInt(50);
            long producerId = random.nextInt(PRODUCERS);
            switch (random.nextInt(100)) {
                case 0, 1 -> restart();
                case 2, 3 -> expire(where);
                case 4, 5, 6, 7, 8, 9, 10, 11 -> marker(producerId, where);
                case 12, 13, 14 -> replicate();
                default -> batch(producerId, where);
            }
            compare(where);
        }

        private void batch(long producerId, String where) {
            Twin twin = twins.get(producerId);
            short epoch = (short) Math.max(0, (twin == null ? 0 : twin.epoch) + sometimes(random.nextInt(3) - 1));
            int first = firstSequence(twin, epoch);
            int last = RecordBatchDescriptor.incrementSequence(first, random.nextInt(4));
            if (twin != null && !twin.batches.isEmpty() && random.nextInt(4) == 0) {
                Batch old = twin.batches.get(random.nextInt(twin.batches.size()));
                first = old.first;
                last = old.last;
            }
            boolean inside = twin != null && twin.open >= 0;
            boolean transactional = inside ? random.nextInt(20) != 0 : random.nextInt(3) == 0;
            ProducerVerdict expected = expected(twin, epoch, first, last, transactional);
            ProducerVerdict verdict = states.check(producerId, epoch, first, last, transactional, true);
            assertEquals(expected, verdict, where);
            verdicts.merge(verdict, 1, Integer::sum);
            if (verdict == ProducerVerdict.ACCEPTED) {
                append(producerId, epoch, first, last, transactional);
            } else if (verdict == ProducerVerdict.DUPLICATE) {
                Batch found = twin.find(first, last);
                assertEquals(found.firstOffset, states.duplicateFirstOffset(), where);
                assertEquals(found.lastOffset, states.duplicateLastOffset(), where);
            }
        }

        private int sometimes(int change) {
            return random.nextInt(10) == 0 ? change : 0;
        }

        private int firstSequence(Twin twin, short epoch) {
            if (twin == null) {
                return Integer.MAX_VALUE - random.nextInt(30);
            }
            int next = epoch == twin.epoch ? RecordBatchDescriptor.incrementSequence(twin.lastSequence(), 1) : 0;
            return Math.max(0, next + sometimes(random.nextInt(5) - 2));
        }

        private void append(long producerId, short epoch, int first, int last, boolean transactional) {
            int delta = RecordBatchDescriptor.decrementSequence(last, first);
            long lastOffset = endOffset + delta;
            states.append(producerId, epoch, last, endOffset, lastOffset, nowMs, transactional);
            Twin twin = twins.computeIfAbsent(producerId, id -> new Twin());
            twin.enter(epoch);
            twin.batches.add(new Batch(first, last, endOffset, lastOffset));
            twin.lastMs = nowMs;
            twin.open = transactional && twin.open < 0 ? endOffset : twin.open;
            endOffset = lastOffset + 1;
            states.advanceTo(endOffset);
        }

        private void marker(long producerId, String where) {
            Twin twin = twins.computeIfAbsent(producerId, id -> new Twin());
            short epoch = (short) (Math.max(twin.epoch, 0) + random.nextInt(2));
            long open = twin.open;
            CompletedTransaction completed =
                    states.appendMarker(producerId, epoch, 1, random.nextBoolean(), endOffset, nowMs);
            assertEquals(open >= 0, completed != null, where);
            twin.enter(epoch);
            twin.open = -1;
            twin.lastMs = nowMs;
            if (completed != null) {
                assertEquals(open, completed.firstOffset(), where);
                assertEquals(Math.min(undecided(), endOffset + 1), completed.lastStableOffset(), where);
                states.complete(completed);
                unreplicated.put(open, endOffset);
            }
            endOffset++;
            states.advanceTo(endOffset);
        }

        private void replicate() {
            long highWatermark = endOffset - random.nextInt(5);
            states.onHighWatermark(highWatermark);
            unreplicated.values().removeIf(marker -> marker < highWatermark);
        }

        private void expire(String where) {
            nowMs += random.nextInt(3_000);
            int before = twins.size();
            twins.values().removeIf(twin -> twin.open < 0 && nowMs - twin.lastMs >= EXPIRATION_MS);
            assertEquals(before - twins.size(), states.expire(nowMs), where);
        }

        /** A snapshot keeps one batch of each producer, and decided transactions are below the high watermark by then. */
        private void restart() {
            states.takeSnapshot(false);
            states = ProducerStates.open(directory, EXPIRATION_MS, FileFaults.NONE);
            states.truncateAndReload(-1, endOffset, nowMs);
            assertEquals(endOffset, states.mapEndOffset());
            unreplicated.clear();
            twins.values().removeIf(twin -> twin.open < 0 && nowMs - twin.lastMs >= EXPIRATION_MS);
            twins.values().forEach(Twin::keepLast);
        }

        private ProducerVerdict expected(Twin twin, short epoch, int first, int last, boolean transactional) {
            if (twin == null) {
                return ProducerVerdict.ACCEPTED;
            }
            if (epoch == twin.epoch && twin.find(first, last) != null) {
                return ProducerVerdict.DUPLICATE;
            }
            if (epoch < twin.epoch) {
                return ProducerVerdict.INVALID_PRODUCER_EPOCH;
            }
            int next = epoch > twin.epoch || twin.batches.isEmpty() ? 0 : next(twin.lastSequence());
            if (first != next) {
                return ProducerVerdict.OUT_OF_ORDER_SEQUENCE;
            }
            return twin.open >= 0 && !transactional ? ProducerVerdict.INVALID_TXN_STATE : ProducerVerdict.ACCEPTED;
        }

        private static int next(int sequence) {
            return sequence == Integer.MAX_VALUE ? 0 : sequence + 1;
        }

        private long undecided() {
            return twins.values().stream()
                    .mapToLong(twin -> twin.open)
                    .filter(open -> open >= 0)
                    .min()
                    .orElse(Long.MAX_VALUE);
        }

        private void compare(String where) {
            assertEquals(twins.size(), states.size(), where);
            assertEquals(undecided(), states.firstUndecidedOffset(), where);
            long unstable = unreplicated.keySet().stream()
                    .mapToLong(Long::longValue)
                    .min()
                    .orElse(Long.MAX_VALUE);
            assertEquals(Math.min(undecided(), unstable), states.firstUnstableOffset(), where);
        }
    }

    private record Batch(int first, int last, long firstOffset, long lastOffset) {}

    private static final class Twin {
        private final List<Batch> batches = new ArrayList<>();
        private short epoch = -1;
        private long open = -1;
        private long lastMs;

        int lastSequence() {
            return batches.isEmpty() ? -1 : batches.get(batches.size() - 1).last;
        }

        void enter(short newEpoch) {
            if (epoch != newEpoch) {
                batches.clear();
                epoch = newEpoch;
            }
        }

        Batch find(int first, int last) {
            int oldest = Math.max(0, batches.size() - ProducerEntry.BATCHES_MAX);
            return batches.subList(oldest, batches.size()).stream()
                    .filter(batch -> batch.first == first && batch.last == last)
                    .findFirst()
                    .orElse(null);
        }

        void keepLast() {
            if (batches.size() > 1) {
                batches.subList(0, batches.size() - 1).clear();
            }
        }
    }
}
