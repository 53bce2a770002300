package io.millrace.log.txn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.TransactionIndex;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AbortedTransactionIndexTest {
    private static final AbortedTransaction FIRST = new AbortedTransaction(1, 100, 110, 105);
    private static final AbortedTransaction SECOND = new AbortedTransaction(2, 105, 120, 121);
    private static final AbortedTransaction THIRD = new AbortedTransaction(1, 121, 130, 131);

    @TempDir
    Path directory;

    private Path path;
    private AbortedTransactionIndex index;

    @BeforeEach
    void open() {
        path = directory.resolve("00000000000000000100.txnindex");
        index = AbortedTransactionIndex.open(path, 100, FileFaults.NONE);
    }

    @AfterEach
    void close() {
        index.close();
    }

    @Test
    void noTransactionNoFile() {
        index.truncateTo(0);
        index.reset();
        index.force();
        assertTrue(index.isEmpty());
        assertFalse(Files.exists(path));
    }

    /** Else a loss of power may bring back what was cut, beside batches that were forced since. */
    @Test
    void whatIsCutOffIsCutOffOnTheDisk() {
        List<FileFaults.Operation> operations = new ArrayList<>();
        FileFaults recording = (operation, file, position, length) -> operations.add(operation);
        try (AbortedTransactionIndex recorded = AbortedTransactionIndex.open(path, 100, recording)) {
            recorded.append(FIRST);
            recorded.append(SECOND);
            operations.clear();
            recorded.truncateTo(120);
            recorded.reset();
            FileFaults.Operation cut = FileFaults.Operation.TRUNCATE;
            FileFaults.Operation force = FileFaults.Operation.FORCE;
            assertEquals(List.of(cut, force, cut, force), operations);
        }
    }

    @Test
    void goldenBytes() throws IOException {
        index.append(FIRST);
        assertEquals(
                "0000" + "0000000000000001" + "0000000000000064" + "000000000000006e" + "0000000000000069",
                HexFormat.of().formatHex(Files.readAllBytes(path)));
    }

    @Test
    void collectsWhatOverlapsAndKnowsWhenItIsEnough() {
        appendAll();
        assertEquals(List.of(FIRST), collect(100, 105));
        assertEquals(List.of(FIRST, SECOND), collect(100, 121));
        assertEquals(List.of(SECOND, THIRD), collect(111, 1000));
        assertEquals(List.of(), collect(131, 1000));
        assertTrue(index.collect(100, 105, new ArrayList<>()));
        assertFalse(index.collect(100, 1000, new ArrayList<>()));
    }

    @Test
    void everythingIsThereAfterReopening() {
        appendAll();
        close();
        open();
        assertEquals(List.of(FIRST, SECOND, THIRD), collect(0, 1000));
        AbortedTransaction fourth = new AbortedTransaction(9, 131, 140, 141);
        index.append(fourth);
        assertEquals(4, index.count());
    }

    @Test
    void truncationDropsMarkersAtOrAboveTheOffset() throws IOException {
        appendAll();
        index.truncateTo(120);
        assertEquals(List.of(FIRST), collect(0, 1000));
        assertEquals(34, Files.size(path));
        index.append(SECOND);
        assertEquals(2, index.count());
        index.reset();
        assertEquals(0, Files.size(path));
    }

    @Test
    void everyTruncatedPrefixIsRecovered() throws IOException {
        appendAll();
        close();
        byte[] whole = Files.readAllBytes(path);
        for (int length = 0; length <= whole.length; length++) {
            Files.write(path, java.util.Arrays.copyOf(whole, length));
            open();
            assertEquals(length / 34, index.count(), "length " + length);
            close();
            assertEquals(length / 34 * 34L, Files.size(path));
        }
    }

    @Test
    void entriesOfAnotherSegmentOrVersionAreDamage() throws IOException {
        appendAll();
        close();
        assertThrows(StorageException.class, () -> AbortedTransactionIndex.open(path, 111, FileFaults.NONE));
        byte[] bytes = Files.readAllBytes(path);
        bytes[1] = 1;
        Files.write(path, bytes);
        StorageException damage = assertThrows(StorageException.class, this::open);
        assertEquals(StorageException.Kind.DAMAGED, damage.kind());
        index = AbortedTransactionIndex.openEmpty(path, 100, FileFaults.NONE);
        assertEquals(0, Files.size(path));
    }

    @Test
    void markersMustAscend() {
        index.append(SECOND);
        assertThrows(IllegalArgumentException.class, () -> index.append(FIRST));
    }

    @Test
    void kafkaReadsOursAndWeReadKafkas() throws IOException {
        index.append(FIRST);
        try (TransactionIndex kafka = new TransactionIndex(100, path.toFile())) {
            kafka.sanityCheck();
            AbortedTxn read = kafka.allAbortedTxns().get(0);
            assertEquals(105, read.lastStableOffset());
            kafka.append(new AbortedTxn(2, 105, 120, 121));
        }
        close();
        open();
        assertEquals(List.of(FIRST, SECOND), collect(0, 1000));
    }

    private void appendAll() {
        index.append(FIRST);
        index.append(SECOND);
        index.append(THIRD);
    }

    private List<AbortedTransaction> collect(long from, long to) {
        List<AbortedTransaction> found = new ArrayList<>();
        index.collect(from, to, found);
        return found;
    }
}
