package io.millrace.log.inspect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.PartitionLog;
import io.millrace.log.batch.RecordBatchDescriptor;
import io.millrace.log.checkpoint.DirectoryInUseException;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.log.inspect.Problem.Kind;
import io.millrace.log.inspect.RepairStep.Action;
import io.millrace.log.inspect.SegmentBatches.State;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is sound is said to be sound, every flipped bit is found, and a repair takes no more than it has to. On Kafka's own files. */
class LogVerifierTest {
    private static final String PLAIN = "logs-none-0";
    private static final String SEGMENT = "00000000000000000000.log";
    private static final long RECORDS = 6_056;

    @TempDir
    Path temporary;

    /** Where a batch lies. */
    private record Place(long baseOffset, int position, int size) {}

    @ParameterizedTest
    @ValueSource(strings = {"clean", "unclean"})
    void kafkasDirectoriesAreSound(String kind) throws Exception {
        LogTarget target = LogTarget.of(unpack(kind));
        assertEquals(LogTarget.Kind.DATA_DIRECTORY, target.kind());
        LogVerifier verifier = new LogVerifier(target, VerifyOptions.DEFAULT);
        List<PartitionReport> reports =
                target.partitions().stream().map(verifier::verify).toList();
        assertEquals(16, reports.size());
        for (PartitionReport report : reports) {
            assertEquals(List.of(), report.problems(), report.files().displayName());
        }
        assertEquals(List.of(), verifier.checkpoints(reports));
    }

    /** The sixteen header bytes outside the CRC as well: other batches, the index and the checkpoint of epochs give them away. */
    @Test
    void everyFlippedBitIsFound() throws Exception {
        Path partition = unpack("clean").resolve(PLAIN);
        Path log = partition.resolve(SEGMENT);
        byte[] sound = Files.readAllBytes(log);
        List<Place> places = places(log);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            Place place = places.get(random.nextInt(places.size()));
            int inBatch = i % 2 == 0 ? random.nextInt(16) : random.nextInt(place.size);
            int bit = random.nextInt(8);
            byte[] flipped = sound.clone();
            flipped[place.position + inBatch] ^= (byte) (1 << bit);
            Files.write(log, flipped);
            assertFalse(
                    verify(partition).isSound(), "seed " + seed + ": byte " + inBatch + " bit " + bit + " of " + place);
        }
    }

    @Test
    void aFlippedBaseOffsetLengthOrEpochIsMended() throws Exception {
        Path data = unpack("clean");
        Path log = data.resolve(PLAIN).resolve(SEGMENT);
        byte[] sound = Files.readAllBytes(log);
        List<Place> places = places(log);
        ByteBuffer bytes = ByteBuffer.wrap(sound.clone());
        bytes.putLong(places.get(20).position, places.get(20).baseOffset ^ (1L << 17));
        bytes.putInt(places.get(30).position + RecordBatchDescriptor.LENGTH, places.get(30).size - 11);
        bytes.putInt(places.get(40).position + RecordBatchDescriptor.LEADER_EPOCH, 7);
        Files.write(log, bytes.array());
        PartitionReport report = verify(data.resolve(PLAIN));
        assertEquals(List.of(Kind.HEADER, Kind.HEADER, Kind.HEADER), kinds(report), report::toString);
        assertEquals(3, report.mends().size());
        assertEquals(List.of(), repair(data, PLAIN, false));
        assertArrayEquals(sound, Files.readAllBytes(log));
        assertTrue(verify(data.resolve(PLAIN)).isSound());
    }

    @Test
    void onlyTheDamagedBatchIsCutAndWhatFollowsIsKept() throws Exception {
        Path data = unpack("clean");
        Path log = data.resolve(PLAIN).resolve(SEGMENT);
        Place hit = places(log).get(10);
        long next = places(log).get(11).baseOffset;
        flip(log, hit.position + 200);
        byte[] damaged = Files.readAllBytes(log);
        List<Path> kept = repair(data, PLAIN, false);
        assertEquals(List.of(log.resolveSibling(SEGMENT + ".cut-" + hit.position)), kept);
        assertArrayEquals(
                Arrays.copyOfRange(damaged, hit.position, hit.position + hit.size), Files.readAllBytes(kept.get(0)));
        PartitionReport after = verify(data.resolve(PLAIN));
        assertEquals(List.of(), after.problems());
        assertEquals(RECORDS - (next - hit.baseOffset), after.records());
        assertEquals(RECORDS, after.endOffset());
        assertEquals(2, after.files().segments().size());
        assertTrue(RepairPlan.of(after, false).isEmpty(), "nothing is left to be done");
        assertOpens(data, RECORDS);
    }

    /** As a node that was not stopped in order would open it, with the settings of an ordinary topic. */
    private static void assertOpens(Path data, long endOffset) {
        try (LogRuntime runtime = LogRuntime.start();
                LogDirectory directory =
                        LogDirectory.open(data, runtime, topic -> LogConfig.DEFAULTS, 1, LogListener.NONE)) {
            assertEquals(Map.of(), directory.offline());
            PartitionLog log = directory.log("logs-none", 0);
            assertEquals(endOffset, log == null ? -1 : log.logEndOffset());
        }
    }

    @Test
    void truncatingCutsEverythingBehindTheDamage() throws Exception {
        Path data = unpack("clean");
        Path log = data.resolve(PLAIN).resolve(SEGMENT);
        Place hit = places(log).get(10);
        flip(log, hit.position + 200);
        RepairPlan plan = RepairPlan.of(verify(data.resolve(PLAIN)), true);
        RepairStep cut = plan.steps().get(0);
        assertEquals(Action.CUT, cut.action());
        assertEquals(hit.position, cut.position());
        assertEquals(Files.size(log) - hit.position, cut.bytes());
        repair(data, PLAIN, true);
        PartitionReport after = verify(data.resolve(PLAIN));
        assertTrue(after.isSound(), after.problems()::toString);
        assertEquals(hit.baseOffset, after.endOffset());
    }

    @Test
    void aTornTailIsToldFromDamage() throws Exception {
        Path data = unpack("unclean");
        Path log = data.resolve(PLAIN).resolve(SEGMENT);
        Place last = places(log).get(places(log).size() - 1);
        flip(log, last.position + 100);
        assertEquals(List.of(Kind.TORN_TAIL), kinds(verify(data.resolve(PLAIN))));
        VerifyOptions live = new VerifyOptions(null, false, true);
        LogTarget target = LogTarget.of(data.resolve(PLAIN));
        assertTrue(
                new LogVerifier(target, live).verify(target.partitions().get(0)).isSound(), "still being written");
    }

    @Test
    void aWrongIndexOrSnapshotIsFoundAndMadeAnew() throws Exception {
        Path data = unpack("clean");
        Path partition = data.resolve(PLAIN);
        flip(partition.resolve("00000000000000000000.index"), 20);
        flip(partition.resolve("00000000000000000000.timeindex"), 30);
        flip(partition.resolve("00000000000000006056.snapshot"), 30);
        assertEquals(3, verify(partition).problems().size());
        repair(data, PLAIN, false);
        assertTrue(verify(partition).isSound(), verify(partition).problems()::toString);
    }

    @Test
    void aDirectoryInUseIsNotRepaired() throws Exception {
        Path data = unpack("clean");
        try (DirectoryLock lock = DirectoryLock.acquire(data, FileFaults.NONE)) {
            assertTrue(lock.isHeld());
            assertThrows(DirectoryInUseException.class, () -> LogRepair.open(LogTarget.of(data)));
        }
    }

    @Test
    void whatIsNoLogIsRefusedInOneLine() throws IOException {
        Path file = Files.writeString(temporary.resolve("notes.txt"), "x");
        for (Path wrong : List.of(file, temporary.resolve("nowhere"), temporary)) {
            IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> LogTarget.of(wrong));
            assertEquals(1, refused.getMessage().lines().count());
        }
    }

    private Path unpack(String kind) throws IOException, InterruptedException {
        Path archive = Path.of(System.getProperty("basedir", "."), "src", "test", "resources", "kafka-4.3.1")
                .resolve("data-" + kind + ".tar.gz");
        Process tar = new ProcessBuilder("tar", "-xzSf", archive.toString(), "-C", temporary.toString())
                .inheritIO()
                .start();
        assertEquals(0, tar.waitFor());
        return temporary.resolve("data");
    }

    private static PartitionReport verify(Path partition) {
        LogTarget target = LogTarget.of(partition);
        return new LogVerifier(target, VerifyOptions.DEFAULT)
                .verify(target.partitions().get(0));
    }

    private static List<Kind> kinds(PartitionReport report) {
        return report.problems().stream().map(Problem::kind).toList();
    }

    private static List<Path> repair(Path data, String partition, boolean truncate) {
        PartitionReport report = verify(data.resolve(partition));
        try (LogRepair repair = LogRepair.open(LogTarget.of(data))) {
            return repair.apply(RepairPlan.of(report, truncate), report);
        }
    }

    private static List<Place> places(Path log) {
        List<Place> places = new ArrayList<>();
        try (SegmentBatches walk = SegmentBatches.open(log)) {
            while (walk.advance() == State.BATCH) {
                places.add(new Place(
                        RecordBatchDescriptor.baseOffset(walk.buffer(), walk.at()),
                        (int) walk.position(),
                        RecordBatchDescriptor.sizeInBytes(walk.buffer(), walk.at())));
            }
        }
        return places;
    }

    private static void flip(Path file, int position) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[position] ^= 4;
        Files.write(file, bytes);
    }
}
