package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Produce requests through a socket leave nothing for the collector on the loops, neither a request nor a record. */
@Timeout(120)
class ProduceAllocTest {
    private static final int IN_FLIGHT = 32;
    private static final int WARM_UP_BURSTS = 1_500;
    private static final int ROUNDS = 60;
    private static final int BURSTS = 40;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    private Path temp;

    /** The best of many rounds: in one of them a window of the log is handed over, or the sweep of a second comes. */
    @ParameterizedTest
    @CsvSource({
        "9, NONE, 1, 100",
        "13, NONE, 1, 100",
        "12, NONE, 20, 100",
        "3, NONE, 1, 1000",
        "13, NONE, 1, 6000",
        "13, LZ4, 20, 800",
        "13, ZSTD, 20, 800"
    })
    void produceInPlaceAllocatesNothing(short version, CompressionType codec, int records, int bytes)
            throws IOException {
        try (TestBroker broker = new TestBroker(temp)) {
            broker.createTopic("t", 2);
            byte[] burst = burst(broker, version, codec, records, bytes);
            URI at = URI.create("kafka://" + broker.bootstrap());
            try (Socket socket = new Socket(at.getHost(), at.getPort())) {
                OutputStream out = socket.getOutputStream();
                DataInputStream in = new DataInputStream(socket.getInputStream());
                int answerBytes = firstAnswer(in, out, burst);
                exchange(in, out, burst, answerBytes, WARM_UP_BURSTS);
                long least = Long.MAX_VALUE;
                for (int round = 0; round < ROUNDS && least > 0; round++) {
                    long before = allocatedByLoops();
                    exchange(in, out, burst, answerBytes, BURSTS);
                    least = Math.min(least, allocatedByLoops() - before);
                }
                assertEquals(0, least, "bytes for " + BURSTS * IN_FLIGHT + " requests");
                assertTrue(broker.partition("t", 1).log().logEndOffset() > (long) WARM_UP_BURSTS * IN_FLIGHT * records);
            }
        }
    }

    private long allocatedByLoops() {
        long[] loops = Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().startsWith("millrace-net"))
                .mapToLong(thread -> thread.getThreadId())
                .toArray();
        assertTrue(loops.length > 0);
        return Arrays.stream(threads.getThreadAllocatedBytes(loops)).sum();
    }

    private static int firstAnswer(DataInputStream in, OutputStream out, byte[] burst) throws IOException {
        out.write(burst);
        int length = 0;
        for (int i = 0; i < IN_FLIGHT; i++) {
            length = in.readInt();
            in.readFully(new byte[length]);
        }
        return Integer.BYTES + length;
    }

    private static void exchange(DataInputStream in, OutputStream out, byte[] burst, int answerBytes, int bursts)
            throws IOException {
        byte[] answers = new byte[answerBytes * IN_FLIGHT];
        for (int i = 0; i < bursts; i++) {
            out.write(burst);
            in.readFully(answers);
        }
    }

    private static byte[] burst(TestBroker broker, short version, CompressionType codec, int count, int bytes) {
        Compression compression = Compression.of(codec).build();
        SimpleRecord[] records = new SimpleRecord[count];
        Arrays.fill(records, new SimpleRecord(System.currentTimeMillis(), new byte[bytes]));
        TopicProduceData topic = new TopicProduceData()
                .setName("t")
                .setTopicId(broker.id("t"))
                .setPartitionData(List.of(
                        new PartitionProduceData()
                                .setIndex(0)
                                .setRecords(MemoryRecords.withRecords(compression, records)),
                        new PartitionProduceData()
                                .setIndex(1)
                                .setRecords(MemoryRecords.withRecords(compression, records))));
        ProduceRequestData data = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(30_000);
        data.topicData().add(topic);
        ProduceRequest request = new ProduceRequest(data, version);
        ByteBuffer frame = request.serializeWithHeader(new RequestHeader(request.apiKey(), version, "alloc", 7));
        ByteBuffer burst = ByteBuffer.allocate((Integer.BYTES + frame.remaining()) * IN_FLIGHT);
        for (int i = 0; i < IN_FLIGHT; i++) {
            burst.putInt(frame.remaining()).put(frame.duplicate());
        }
        return burst.array();
    }
}
