package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.broker.net.WireClient;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.LogConfig;
import io.millrace.log.PartitionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is not in the page cache is read by threads for that, and never by an event loop. */
@Timeout(60)
class ColdReadTest {
    private static final int SEGMENT_BYTES = 4 << 20;
    private static final int BATCHES = 40;
    private static final int BATCH_BYTES = 256 << 10;
    private static final int FETCH_BYTES = 1 << 20;

    @TempDir
    private Path directory;

    @Test
    void theTailIsTakenToBeInMemoryAndTheRestIsAskedFor() throws Exception {
        try (TestBroker broker = new TestBroker(directory)) {
            PartitionLog log = written(broker);
            long end = log.logEndOffset();
            long nowNs = System.nanoTime();
            assertTrue(log.isInMemory(0, FETCH_BYTES, nowNs), "just written");
            dropOrSkip(log);
            assertFalse(log.isInMemory(0, FETCH_BYTES, nowNs));
            assertTrue(log.isInMemory(end, FETCH_BYTES, nowNs));
            assertFalse(log.load(0, FETCH_BYTES), "nobody has read before it");
            assertTrue(log.isInMemory(0, FETCH_BYTES, nowNs));
            assertTrue(log.load(4, FETCH_BYTES), "goes on behind it");
            log.loadNext(4, FETCH_BYTES);
            assertTrue(log.isInMemory(7, FETCH_BYTES, nowNs));
            assertTrue(log.isInMemory(-1, FETCH_BYTES, nowNs), "the read tells that there is no such offset");
            assertFalse(log.load(-1, FETCH_BYTES));
        }
    }

    @Test
    void aColdFetchGivesItsRecords() throws Exception {
        try (TestBroker broker = new TestBroker(directory)) {
            PartitionLog log = written(broker);
            dropOrSkip(log);
            try (WireClient client = broker.connect()) {
                for (long offset = 0; offset < log.logEndOffset(); ) {
                    offset = fetch(broker, client, offset);
                }
            }
            boolean byOthers = Thread.getAllStackTraces().keySet().stream()
                    .anyMatch(t -> t.getName().startsWith("millrace-read-ahead"));
            assertTrue(byOthers, "no thread has waited for the disk in place of a loop");
        }
    }

    private static PartitionLog written(TestBroker broker) {
        LogConfig small = LogConfig.builder().segmentBytes(SEGMENT_BYTES).build();
        broker.createTopic("t", 1, new TopicSettings(small, 1, null));
        Random random = new Random(1);
        for (int i = 0; i < BATCHES; i++) {
            byte[] value = new byte[BATCH_BYTES];
            random.nextBytes(value);
            SimpleRecord record = new SimpleRecord(System.currentTimeMillis(), value);
            ByteBuffer batch =
                    MemoryRecords.withRecords(Compression.NONE, record).buffer();
            AppendStatus status = broker.partition("t", 0).append(batch, AppendOrigin.CLIENT, new AppendResult());
            assertEquals(AppendStatus.APPENDED, status);
        }
        PartitionLog log = broker.partition("t", 0).log();
        log.flush();
        return log;
    }

    /** Has the page cache forget the first segments, which are not mapped any more soon after the roll. */
    private void dropOrSkip(PartitionLog log) throws IOException, InterruptedException {
        long nowNs = System.nanoTime();
        for (int i = 0; i < 100 && log.isInMemory(0, 2 * FETCH_BYTES, nowNs); i++) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file :
                        files.filter(each -> each.toString().endsWith(".log")).toList()) {
                    drop(file);
                }
            }
            Thread.sleep(20);
        }
        assumeTrue(!log.isInMemory(0, 2 * FETCH_BYTES, nowNs), "a file system in memory");
    }

    private static void drop(Path file) throws IOException, InterruptedException {
        Process dropping = new ProcessBuilder("dd", "if=" + file, "iflag=nocache", "count=0", "status=none").start();
        assumeTrue(dropping.waitFor() == 0, "dd cannot drop pages");
    }

    /** The offset behind what was answered. */
    private static long fetch(TestBroker broker, WireClient client, long offset) throws IOException {
        FetchPartition partition =
                new FetchPartition().setPartition(0).setFetchOffset(offset).setPartitionMaxBytes(FETCH_BYTES);
        FetchRequestData data = new FetchRequestData()
                .setMaxWaitMs(0)
                .setMinBytes(1)
                .setMaxBytes(FETCH_BYTES)
                .setSessionEpoch(-1);
        data.topics().add(new FetchTopic().setTopicId(broker.id("t")).setPartitions(List.of(partition)));
        FetchRequest request = new FetchRequest(data, ApiKeys.FETCH.latestVersion());
        FetchResponse answer = client.call(request, FetchResponse.class);
        PartitionData row = answer.data().responses().get(0).partitions().get(0);
        long next = offset;
        for (var batch : ((MemoryRecords) row.records()).batches()) {
            if (batch.sizeInBytes() > row.records().sizeInBytes()) {
                break;
            }
            batch.ensureValid();
            assertEquals(next, batch.baseOffset());
            next = batch.nextOffset();
        }
        assertTrue(next > offset);
        return next;
    }
}
