package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.broker.net.WireClient;
import io.millrace.broker.partition.Partition;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What fetches of a reader at the tail leave for the collector on the loops. */
@Timeout(120)
class FetchAllocTest {
    private static final short VERSION = ApiKeys.FETCH.latestVersion();
    private static final int WARM_UP = 6_000;
    private static final int ROUNDS = 20;
    private static final int FETCHES = 300;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final byte[] answer = new byte[64 * 1024];

    @TempDir
    private Path temp;

    private long offset;
    private int epoch = 1;

    /** A fetch that finds records leaves nothing but a mapping of the log now and then; one that waits an entry at its partition. The best of many rounds. */
    @ParameterizedTest
    @CsvSource({"false, 16", "true, 160"})
    void steadyFetchesAllocateNextToNothing(boolean waits, long bytesMost) throws IOException {
        try (TestBroker broker = new TestBroker(temp)) {
            broker.createTopic("t", 1);
            Partition partition = broker.partition("t", 0);
            try (WireClient client = broker.connect()) {
                FetchRequestData opening =
                        new FetchRequestData().setMaxBytes(1 << 20).setSessionEpoch(0);
                opening.topics().add(topic(broker));
                int session = client.call(new FetchRequest(opening, VERSION), FetchResponse.class)
                        .sessionId();
                byte[] frame = frame(broker, session);
                run(client, partition, frame, waits, WARM_UP);
                long least = Long.MAX_VALUE;
                for (int round = 0; round < ROUNDS && least > bytesMost * FETCHES; round++) {
                    long before = allocatedByLoops();
                    run(client, partition, frame, waits, FETCHES);
                    least = Math.min(least, allocatedByLoops() - before);
                }
                System.out.println("FetchAllocTest waits=" + waits + " bytes a fetch=" + (double) least / FETCHES);
                assertTrue(least <= bytesMost * FETCHES, "bytes for " + FETCHES + " fetches: " + least);
            }
        }
    }

    private void run(WireClient client, Partition partition, byte[] frame, boolean waits, int count)
            throws IOException {
        ByteBuffer fields = ByteBuffer.wrap(frame);
        for (int i = 0; i < count; i++) {
            if (!waits) {
                append(partition);
            }
            fields.putInt(EPOCH_AT, epoch++);
            fields.putLong(OFFSET_AT, offset);
            client.socket().getOutputStream().write(frame);
            if (waits) {
                append(partition);
            }
            int length = readFully(client, Integer.BYTES).getInt();
            assertTrue(length > 100, "no records in " + length + " bytes");
            readFully(client, length);
            offset++;
        }
    }

    private ByteBuffer readFully(WireClient client, int count) throws IOException {
        int read = client.socket().getInputStream().readNBytes(answer, 0, count);
        assertTrue(read == count, "closed");
        return ByteBuffer.wrap(answer, 0, count);
    }

    private static void append(Partition partition) {
        SimpleRecord record = new SimpleRecord(System.currentTimeMillis(), new byte[100]);
        ByteBuffer batch = MemoryRecords.withRecords(Compression.NONE, record).buffer();
        partition.append(batch, AppendOrigin.CLIENT, new AppendResult());
    }

    // Where they stand in the frame, size included: header of 4 + 2 + 2 + 4 + (2 + 5) + 1, then wait, least and most
    // bytes,
    // isolation, session id; then the epoch, one topic of one partition.
    private static final int EPOCH_AT = 20 + 3 * Integer.BYTES + 1 + Integer.BYTES;
    private static final int OFFSET_AT = EPOCH_AT + Integer.BYTES + 1 + 16 + 1 + 2 * Integer.BYTES;

    private static byte[] frame(TestBroker broker, int session) {
        FetchRequestData data = new FetchRequestData()
                .setMaxWaitMs(10_000)
                .setMinBytes(1)
                .setMaxBytes(1 << 20)
                .setSessionId(session)
                .setSessionEpoch(0x01020304);
        data.topics().add(topic(broker));
        data.topics().get(0).partitions().get(0).setFetchOffset(0x0102030405060708L);
        RequestHeader header = new RequestHeader(ApiKeys.FETCH, VERSION, "alloc", 7);
        ByteBuffer bytes = new FetchRequest(data, VERSION).serializeWithHeader(header);
        ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES + bytes.remaining());
        frame.putInt(bytes.remaining()).put(bytes);
        assertTrue(frame.getInt(EPOCH_AT) == 0x01020304 && frame.getLong(OFFSET_AT) == 0x0102030405060708L);
        return frame.array();
    }

    private static FetchTopic topic(TestBroker broker) {
        FetchPartition partition = new FetchPartition().setPartition(0).setPartitionMaxBytes(1 << 20);
        return new FetchTopic().setTopicId(broker.id("t")).setPartitions(List.of(partition));
    }

    private long allocatedByLoops() {
        long[] loops = Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().startsWith("millrace-net"))
                .mapToLong(thread -> thread.getThreadId())
                .toArray();
        return Arrays.stream(threads.getThreadAllocatedBytes(loops)).sum();
    }
}
