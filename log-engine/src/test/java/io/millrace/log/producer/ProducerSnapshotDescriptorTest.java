package io.millrace.log.producer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProducerSnapshotDescriptorTest {
    private static final String GOLDEN = "0001" // version
            + "CRC32C__" // replaced below
            + "00000001" // count
            + "0000000000000007" // producer id
            + "0002" // epoch
            + "00000009" // last sequence
            + "0000000000000064" // last offset
            + "00000004" // offset delta
            + "00000000000003e8" // timestamp
            + "00000003" // coordinator epoch
            + "0000000000000060"; // open transaction

    @TempDir
    Path directory;

    @Test
    void goldenBytes() {
        byte[] bytes = bytes(ProducerSnapshotDescriptor.encode(List.of(entry())));
        String crc = HexFormat.of().formatHex(bytes, 2, 6);
        assertEquals(GOLDEN.replace("CRC32C__", crc), HexFormat.of().formatHex(bytes));
    }

    @Test
    void everyPrefixIsRejected() {
        ByteBuffer whole = ProducerSnapshotDescriptor.encode(List.of(entry(), entry()));
        for (int limit = 0; limit < whole.capacity(); limit++) {
            assertNull(ProducerSnapshotDescriptor.decode(whole.duplicate().limit(limit)), "limit " + limit);
        }
        assertNotNull(ProducerSnapshotDescriptor.decode(whole.duplicate()));
    }

    @Test
    void everyFlippedBitIsFound() {
        ByteBuffer whole = ProducerSnapshotDescriptor.encode(List.of(entry()));
        for (int bit = 0; bit < whole.capacity() * 8; bit++) {
            whole.put(bit / 8, (byte) (whole.get(bit / 8) ^ (1 << (bit % 8))));
            assertNull(ProducerSnapshotDescriptor.decode(whole.duplicate()), "bit " + bit);
            whole.put(bit / 8, (byte) (whole.get(bit / 8) ^ (1 << (bit % 8))));
        }
        assertNotNull(ProducerSnapshotDescriptor.decode(whole));
    }

    @Test
    void zerosOfALostWriteAreRejected() {
        assertNull(ProducerSnapshotDescriptor.decode(ByteBuffer.allocate(4096)));
    }

    @Test
    void kafkaReadsOurSnapshot() throws IOException {
        Path file = directory.resolve("00000000000000000105.snapshot");
        Files.write(file, bytes(ProducerSnapshotDescriptor.encode(List.of(entry()))));
        ProducerStateEntry read =
                ProducerStateManager.readSnapshot(file.toFile()).get(0);
        assertEquals(7, read.producerId());
        assertEquals(2, read.producerEpoch());
        assertEquals(3, read.coordinatorEpoch());
        assertEquals(1000, read.lastTimestamp());
        assertEquals(96, read.currentTxnFirstOffset().getAsLong());
        assertEquals(96, read.firstDataOffset());
        assertEquals(100, read.lastDataOffset());
        assertEquals(9, read.batchMetadata().iterator().next().lastSeq());
    }

    @Test
    void weReadKafkasSnapshotAndWriteTheSameBytes() throws IOException {
        Path ours = directory.resolve("ours");
        Files.write(ours, bytes(ProducerSnapshotDescriptor.encode(List.of(entry()))));
        ProducerStateEntry entry =
                ProducerStateManager.readSnapshot(ours.toFile()).get(0);
        Path kafkas = directory.resolve("00000000000000000105.snapshot");
        ProducerStateManager.writeSnapshot(kafkas.toFile(), Map.of(7L, entry), true);
        assertEquals(-1, Files.mismatch(ours, kafkas));
        Path empty = directory.resolve("00000000000000000106.snapshot");
        ProducerStateEntry silent = new ProducerStateEntry(5, (short) 1, -1, 77, OptionalLong.empty());
        ProducerStateManager.writeSnapshot(empty.toFile(), Map.of(5L, silent), true);
        ProducerEntry read = ProducerSnapshotDescriptor.decode(ByteBuffer.wrap(Files.readAllBytes(empty)))
                .get(0);
        assertEquals(0, read.batchCount());
        assertEquals(-1, read.transactionFirstOffset());
        assertEquals(77, read.lastTimestampMs());
    }

    private static ProducerEntry entry() {
        ProducerEntry entry = new ProducerEntry(7);
        entry.restore((short) 2, 3, 0, 96);
        entry.addBatch((short) 2, 9, 100, 4, 1000);
        return entry;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.limit()];
        buffer.get(0, bytes);
        return bytes;
    }
}
