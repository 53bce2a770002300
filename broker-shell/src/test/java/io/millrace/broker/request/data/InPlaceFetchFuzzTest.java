package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.net.WireClient;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two brokers get the same fetches and appends, one answers in place what it can, the other with Kafka's classes: the same bytes come back, but for
 * the session's number, also where a request waits.
 */
@Timeout(120)
class InPlaceFetchFuzzTest {
    private static final int STEPS = 4_000;
    private static final int TOPICS = 2;
    private static final int PARTITIONS = 3;

    /** Correlation id, tags, throttle time and error stand before it. */
    private static final int SESSION_ID_AT = 11;

    private final Random random = new Random();
    private final Uuid[] ids = new Uuid[TOPICS];
    private final long[] offsets = new long[TOPICS * PARTITIONS];
    private int correlationId;
    private short version;
    private int epoch;

    @TempDir
    private Path temp;

    /** One of the two, with its connection and session. */
    private static final class Side implements AutoCloseable {
        final TestBroker broker;
        final WireClient client;
        int sessionId;

        Side(Path directory, boolean inPlace, Uuid[] ids) throws IOException {
            broker = new TestBroker(directory, DataPlaneSettings.DEFAULTS, inPlace);
            for (int i = 0; i < TOPICS; i++) {
                broker.createTopic("topic-" + i, ids[i], PARTITIONS, TopicSettings.DEFAULTS);
            }
            client = broker.connect();
        }

        void send(FetchRequestData data, short version, int correlationId) throws IOException {
            FetchRequest request = new FetchRequest(data.duplicate().setSessionId(sessionId), version);
            RequestHeader header = new RequestHeader(ApiKeys.FETCH, version, "fuzz", correlationId);
            ByteBuffer bytes = request.serializeWithHeader(header);
            byte[] frame = new byte[bytes.remaining()];
            bytes.get(frame);
            client.sendFrame(frame);
        }

        /** The answer without the session's number, which is kept. */
        ByteBuffer receive(boolean opens) throws IOException {
            ByteBuffer frame = client.receiveFrame();
            if (opens) {
                sessionId = frame.getInt(SESSION_ID_AT);
            }
            int told = frame.getInt(SESSION_ID_AT);
            frame.putInt(SESSION_ID_AT, told == 0 ? 0 : 1);
            return frame;
        }

        @Override
        public void close() throws IOException {
            client.close();
            broker.close();
        }
    }

    /** The in-place parser was written against these versions. */
    @Test
    void fetchHasTheVersionsThatAreReadInPlace() {
        assertEquals(18, ApiKeys.FETCH.latestVersion());
    }

    @Test
    void bothWaysGiveTheSameAnswers() throws IOException {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("InPlaceFetchFuzzTest -Dmillrace.test.seed=" + seed);
        random.setSeed(seed);
        Arrays.setAll(ids, i -> Uuid.randomUuid());
        try (Side inPlace = new Side(temp.resolve("in-place"), true, ids);
                Side ordinary = new Side(temp.resolve("ordinary"), false, ids)) {
            for (int i = 0; i < STEPS; i++) {
                if (random.nextInt(3) == 0) {
                    append(inPlace, ordinary);
                }
                FetchRequestData data = request();
                boolean opens = data.sessionEpoch() == 0;
                boolean waits = random.nextInt(8) == 0;
                data.setMaxWaitMs(waits ? 5_000 : 0).setMinBytes(waits ? 1 + random.nextInt(300) : random.nextInt(2));
                inPlace.send(data, version, ++correlationId);
                ordinary.send(data, version, correlationId);
                while (waits && !(answered(inPlace) && answered(ordinary))) {
                    append(inPlace, ordinary);
                }
                String what = "seed " + seed + " step " + i + " v" + version + " " + data;
                ByteBuffer expected = ordinary.receive(opens);
                ByteBuffer got = inPlace.receive(opens);
                if (!waits) { // how much a request that waits is given depends on when it is woken
                    assertEquals(expected, got, what);
                }
                assertEquals(expected.getInt(0), got.getInt(0), what);
                epoch = waits ? 0 : data.sessionEpoch() + 1; // what the sessions have told may differ then
            }
            assertTrue(inPlace.sessionId != 0);
        }
    }

    private static boolean answered(Side side) throws IOException {
        return side.client.socket().getInputStream().available() > 0;
    }

    private void append(Side... sides) {
        int place = random.nextInt(offsets.length);
        SimpleRecord[] records = new SimpleRecord[1 + random.nextInt(3)];
        Arrays.setAll(records, i -> new SimpleRecord(1_000, new byte[random.nextInt(200)]));
        for (Side side : sides) {
            ByteBuffer batch =
                    MemoryRecords.withRecords(Compression.NONE, records).buffer();
            side.broker
                    .partition("topic-" + place / PARTITIONS, place % PARTITIONS)
                    .append(batch, AppendOrigin.CLIENT, new AppendResult());
        }
        offsets[place] += records.length;
    }

    /** Mostly the next one of a session; now and then a new session, an old epoch, or what is read in the ordinary way. */
    private FetchRequestData request() {
        boolean opens = epoch == 0 || random.nextInt(60) == 0;
        if (opens) {
            version = (short) (13 + random.nextInt(6));
            epoch = 0;
        }
        FetchRequestData data = new FetchRequestData()
                .setMaxBytes(random.nextInt(5) == 0 ? 300 : 10 << 20)
                .setIsolationLevel((byte) (random.nextInt(20) == 0 ? 1 : 0))
                .setSessionEpoch(epoch);
        int named = opens ? offsets.length : random.nextInt(3);
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < named; i++) {
            int place = opens ? i : random.nextInt(offsets.length);
            if (!places.contains(place)) {
                places.add(place);
            }
        }
        places.forEach(place -> data.topics().add(topic(place)));
        if (!opens && random.nextInt(40) == 0) {
            int place = random.nextInt(offsets.length);
            data.forgottenTopicsData()
                    .add(new ForgottenTopic()
                            .setTopicId(ids[place / PARTITIONS])
                            .setPartitions(List.of(place % PARTITIONS)));
        }
        return data;
    }

    private FetchTopic topic(int place) {
        long behind = random.nextInt(4) == 0 ? random.nextInt(5) : 0;
        long offset = random.nextInt(100) == 0 ? offsets[place] + 7 : Math.max(0, offsets[place] - behind);
        FetchPartition partition = new FetchPartition()
                .setPartition(place % PARTITIONS)
                .setFetchOffset(offset)
                .setCurrentLeaderEpoch(random.nextInt(50) == 0 ? 9 : random.nextInt(2) - 1)
                .setPartitionMaxBytes(random.nextInt(5) == 0 ? 100 : 1 << 20);
        return new FetchTopic().setTopicId(ids[place / PARTITIONS]).setPartitions(List.of(partition));
    }
}
