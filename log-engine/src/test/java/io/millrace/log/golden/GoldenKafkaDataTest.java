package io.millrace.log.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.OpenState;
import io.millrace.log.PartitionLog;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Apache Kafka 4.3.1 left, after a clean stop and after SIGKILL, is read to the byte; what is torn or damaged is told apart. */
final class GoldenKafkaDataTest {
    private static final String PLAIN = "logs-none-0";
    private static final String FIRST_SEGMENT = "00000000000000000000.log";

    @TempDir
    private Path temp;

    private GoldenDirectory directory;

    @AfterEach
    void close() throws IOException {
        directory.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"clean", "unclean"})
    void everyPartitionMatchesItsManifest(String kind) throws Exception {
        directory = GoldenDirectory.unpack(kind, temp);
        Path manifest = GoldenDirectory.resource("manifest-" + kind + ".csv");
        for (GoldenPartition expected : GoldenPartition.read(manifest)) {
            try (PartitionLog log = directory.open(expected.name())) {
                assertEquals(expected, GoldenReader.summary(expected.name(), log));
                assertEquals(expected.lastOffset() + 1, log.logEndOffset());
                assertEquals(kind.equals("clean"), log.recovery().scannedSegments() == 0, expected::name);
            }
        }
        assertEquals(List.of(), directory.cuts());
    }

    @ParameterizedTest
    @ValueSource(strings = {"clean", "unclean"})
    void abortedTransactionsAreKnown(String kind) throws Exception {
        directory = GoldenDirectory.unpack(kind, temp);
        try (PartitionLog log = directory.open("txn-0")) {
            assertEquals(5, log.abortedTransactions(0, log.logEndOffset()).size());
            log.advanceHighWatermark(log.logEndOffset());
            assertEquals(log.logEndOffset(), log.lastStableOffset());
            Set<Long> producers = new TreeSet<>();
            GoldenReader.batches(log).forEach(batch -> producers.add(batch.producerId()));
            assertEquals(producers.size(), log.activeProducers().size());
        }
    }

    /** The bytes that are missing: one, half of the batch, all but twenty (the zeros before would pass for a reservation). */
    @ParameterizedTest
    @ValueSource(doubles = {0.0, 0.5, 1.0})
    void aTornLastBatchIsCutAndNothingElse(double part) throws Exception {
        directory = GoldenDirectory.unpack("unclean", temp);
        Path segment = directory.file(PLAIN, FIRST_SEGMENT);
        List<GoldenDirectory.BatchPlace> places = GoldenDirectory.places(segment);
        GoldenDirectory.BatchPlace torn = places.get(places.size() - 1);
        long missing = 1 + Math.round((torn.length() - 21) * part);
        GoldenDirectory.truncate(segment, torn.position() + torn.length() - missing);
        assertEndsBefore(torn, places.size() - 1);
    }

    @Test
    void aFlippedBitInTheTailCutsFromThatBatchOn() throws Exception {
        directory = GoldenDirectory.unpack("unclean", temp);
        Path segment = directory.file(PLAIN, FIRST_SEGMENT);
        List<GoldenDirectory.BatchPlace> places = GoldenDirectory.places(segment);
        int hit = places.size() / 2;
        GoldenDirectory.BatchPlace flipped = places.get(hit);
        GoldenDirectory.flipBit(segment, flipped.position() + flipped.length() / 2, 3);
        assertEndsBefore(flipped, hit);
    }

    @Test
    void damageBelowTheRecoveryPointIsRefusedAndLeftAsItIs() throws Exception {
        directory = GoldenDirectory.unpack("unclean", temp);
        Path segment = directory.file(PLAIN, FIRST_SEGMENT);
        List<GoldenDirectory.BatchPlace> places = GoldenDirectory.places(segment);
        GoldenDirectory.BatchPlace flipped = places.get(places.size() - 3);
        long end = places.get(places.size() - 1).baseOffset();
        GoldenDirectory.flipBit(segment, flipped.position() + flipped.length() / 2, 3);
        StorageException refused = assertThrows(
                StorageException.class,
                () -> directory.open(PLAIN, new OpenState(false, end, 0)).close());
        assertEquals(StorageException.Kind.DAMAGED, refused.kind());
        assertTrue(refused.getMessage().contains(FIRST_SEGMENT), refused::getMessage);
        assertTrue(refused.getMessage().contains("position=" + flipped.position()), refused::getMessage);
        assertEquals(places, GoldenDirectory.places(segment));
    }

    @ParameterizedTest
    @ValueSource(strings = {"00000000000000000000.index", "00000000000000000000.timeindex"})
    void anIndexOfTheWrongSizeIsMadeAnew(String index) throws Exception {
        directory = GoldenDirectory.unpack("clean", temp);
        GoldenDirectory.truncate(directory.file(PLAIN, index), 37);
        try (PartitionLog log = directory.open(PLAIN)) {
            assertEquals(6_056, log.logEndOffset());
            assertEquals(List.of(PLAIN + " 0"), directory.rebuilt());
            assertEquals(51, GoldenReader.batches(log).size());
        }
    }

    @Test
    void timesAreFoundInKafkasIndex() throws Exception {
        directory = GoldenDirectory.unpack("clean", temp);
        try (PartitionLog log = directory.open(PLAIN)) {
            List<RecordBatch> batches = GoldenReader.batches(log);
            for (RecordBatch batch : batches) {
                long time = batch.maxTimestamp() - 100;
                RecordBatch first = batches.stream()
                        .filter(b -> b.maxTimestamp() >= time)
                        .findFirst()
                        .orElseThrow();
                try (var slice = log.firstBatchAtOrAfter(time, log.logEndOffset())) {
                    assertEquals(first.baseOffset(), slice.firstBatchOffset());
                }
            }
        }
    }

    private void assertEndsBefore(GoldenDirectory.BatchPlace place, int batchesLeft) {
        try (PartitionLog log = directory.open(PLAIN)) {
            assertEquals(place.baseOffset(), log.logEndOffset());
            assertEquals(batchesLeft, GoldenReader.batches(log).size());
            assertEquals(List.of(PLAIN + " from " + place.baseOffset() + " at " + place.position()), directory.cuts());
        }
    }
}
