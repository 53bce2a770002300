package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.net.WireClient;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.LogConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the loops tell of requests: every one is counted, and the slowest are named with their split. */
@Timeout(60)
class RequestTimesTest {
    @TempDir
    private Path temp;

    @Test
    void requestsOfBothWaysAreCountedAndTheSlowestNamed() throws IOException {
        try (TestBroker broker = new TestBroker(temp);
                WireClient client = broker.connect()) {
            LogConfig synced = LogConfig.builder().syncBeforeAck(true).build();
            broker.createTopic("plain", 1);
            broker.createTopic("synced", 1, new TopicSettings(synced, 1, null));
            for (int i = 0; i < 7; i++) {
                client.call(produce("plain", Compression.NONE), ProduceResponse.class); // in place
                client.call(produce("plain", Compression.gzip().build()), ProduceResponse.class); // not
                client.call(produce("synced", Compression.NONE), ProduceResponse.class); // begun in place
            }
            List<String> lines = broker.times().lines();
            assertEquals("21", stage(lines, "produce").get("count"));
            assertEquals("21", stage(lines, "append").get("count"));
            assertTrue(Integer.parseInt(stage(lines, "sync").get("count")) > 0, lines.toString());
            assertTrue(Integer.parseInt(stage(lines, "turn").get("count")) > 0, lines.toString());
            List<Map<String, String>> slow = lines.stream()
                    .filter(line -> line.startsWith("slow\t"))
                    .map(RequestTimesTest::fields)
                    .toList();
            assertEquals(10, slow.size());
            assertTrue(slow.stream().allMatch(each -> each.get("api").equals("PRODUCE")), slow.toString());
            double[] totals = slow.stream()
                    .mapToDouble(each -> Double.parseDouble(each.get("totalUs")))
                    .toArray();
            for (int i = 1; i < totals.length; i++) {
                assertTrue(totals[i - 1] >= totals[i], Arrays.toString(totals));
            }
            assertTrue(slow.stream().anyMatch(each -> Double.parseDouble(each.get("syncUs")) > 0), slow.toString());
        }
    }

    private static Map<String, String> stage(List<String> lines, String stage) {
        return lines.stream()
                .filter(line -> line.startsWith("time\tstage=" + stage + "\t"))
                .map(RequestTimesTest::fields)
                .findFirst()
                .orElseThrow();
    }

    private static Map<String, String> fields(String line) {
        return Arrays.stream(line.split("\t", -1))
                .filter(part -> part.contains("="))
                .map(part -> part.split("=", 2))
                .collect(Collectors.toMap(part -> part[0], part -> part[1]));
    }

    private static ProduceRequest produce(String topic, Compression codec) {
        MemoryRecords records =
                MemoryRecords.withRecords(codec, new SimpleRecord(System.currentTimeMillis(), new byte[100]));
        ProduceRequestData data = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(30_000);
        data.topicData()
                .add(new TopicProduceData()
                        .setName(topic)
                        .setPartitionData(
                                List.of(new PartitionProduceData().setIndex(0).setRecords(records))));
        return new ProduceRequest(data, (short) 12);
    }
}
