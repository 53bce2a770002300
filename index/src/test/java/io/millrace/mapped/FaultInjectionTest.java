package io.millrace.mapped;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FaultInjection.Failure;
import io.millrace.mapped.FaultInjection.Rule;
import io.millrace.mapped.FileFaults.Operation;
import io.millrace.mapped.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultInjectionTest {
    @TempDir
    Path directory;

    private static List<Boolean> draws(FaultInjection faults, Path file, int count) {
        List<Boolean> failed = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            try {
                faults.before(Operation.WRITE, file, 0, 10);
                failed.add(false);
            } catch (IOException e) {
                failed.add(true);
            }
        }
        return failed;
    }

    private static FaultInjection writesFail(long seed, double probability) {
        return new FaultInjection(seed, FaultInjection::sleep).with(Rule.of(Failure.IO, probability, Operation.WRITE));
    }

    @Test
    void failsAboutAsOftenAsItWasTold() {
        FaultInjection faults = writesFail(7, 0.2);
        long failed = draws(faults, Path.of("a"), 10_000).stream()
                .filter(each -> each)
                .count();
        assertTrue(failed > 1_700 && failed < 2_300, "failed " + failed);
        assertEquals(failed, faults.injected());
    }

    @Test
    void theSameFileMeetsTheSameFaultsWhateverOthersDo() {
        List<Boolean> alone = draws(writesFail(7, 0.3), Path.of("a"), 100);
        FaultInjection shared = writesFail(7, 0.3);
        List<Boolean> beside = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            draws(shared, Path.of("b"), 3);
            beside.addAll(draws(shared, Path.of("a"), 1));
        }
        assertEquals(alone, beside);
    }

    @Test
    void aRuleConcernsItsFilesAndOperations() throws IOException {
        FaultInjection faults = new FaultInjection(1, FaultInjection::sleep)
                .with(Rule.of(Failure.IO, 1, Operation.FORCE).on(file -> file.endsWith("bad")));
        faults.before(Operation.FORCE, Path.of("good"), 0, 0);
        faults.before(Operation.WRITE, Path.of("bad"), 0, 0);
        assertThrows(IOException.class, () -> faults.before(Operation.FORCE, Path.of("bad"), 0, 0));
        faults.heal();
        faults.before(Operation.FORCE, Path.of("bad"), 0, 0);
    }

    @Test
    void aDelayAloneLetsTheOperationGoOn() throws IOException {
        AtomicLong slept = new AtomicLong();
        FaultInjection slow = new FaultInjection(1, slept::addAndGet)
                .with(Rule.of(Failure.NONE, 1, Operation.FORCE).after(5_000));
        slow.before(Operation.FORCE, Path.of("a"), 0, 0);
        assertEquals(5_000, slept.get());
        assertEquals(0, slow.injected());
    }

    @Test
    void aShortWriteLeavesAPartAndSaysThatTheDiskIsFull() throws IOException {
        Path path = directory.resolve("file");
        FaultInjection faults =
                new FaultInjection(3, FaultInjection::sleep).with(Rule.of(Failure.SHORT_WRITE, 1, Operation.WRITE));
        try (StorageFile file = StorageFile.open(path, StorageFile.Mode.CREATE, faults)) {
            ByteBuffer source = ByteBuffer.allocate(1000);
            StorageException failed = assertThrows(StorageException.class, () -> file.writeFully(source, 0));
            assertEquals(Kind.NO_SPACE, failed.kind());
            assertEquals(failed.position(), Files.size(path));
            assertTrue(Files.size(path) < 1000, "all of it was written");
        }
    }

    @Test
    void aFailedCloseClosesAllTheSame() {
        FaultInjection faults =
                new FaultInjection(3, FaultInjection::sleep).with(Rule.of(Failure.IO, 1, Operation.CLOSE));
        StorageFile file = StorageFile.open(directory.resolve("file"), StorageFile.Mode.CREATE, faults);
        assertThrows(StorageException.class, file::close);
        assertEquals(
                Kind.CLOSED, assertThrows(StorageException.class, file::size).kind());
    }
}
