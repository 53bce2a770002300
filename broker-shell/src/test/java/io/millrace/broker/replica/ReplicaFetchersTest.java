package io.millrace.broker.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.PartitionState;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.LogSlice;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A follower's log beside a leader that answers rightly, wrongly, or not at all. */
class ReplicaFetchersTest {
    private static final int NODE = 2;
    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final Uuid TOPIC = Uuid.randomUuid();

    @TempDir
    Path temp;

    private final Map<Integer, FakeLeader> leaders = new HashMap<>();
    private LogRuntime runtime;
    private LogDirectory directory;
    private PartitionRegistry registry;
    private ReplicaFetchers fetchers;

    @BeforeEach
    void open() {
        runtime = LogRuntime.start();
        directory = LogDirectory.open(temp, runtime, topic -> TopicSettings.DEFAULTS.log(), 1, LogListener.NONE);
        registry = new PartitionRegistry(NODE, List.of(directory), topic -> TopicSettings.DEFAULTS);
        FetcherSettings settings = new FetcherSettings(NODE, 1, 500, 1, 1 << 20, 10 << 20, 50);
        fetchers = new ReplicaFetchers(settings, (leader, number) -> leaders.get(leader), () -> 7);
        registry.followers(fetchers);
    }

    @AfterEach
    void close() {
        fetchers.close();
        registry.close();
        directory.close();
        runtime.close();
    }

    @Test
    void takesOverWhatTheLeaderHasByteForByte() {
        FakeLeader leader = leader(1).append(0, 3).append(0, 1).append(2, 5);
        Partition partition = follow(1, 2);
        awaitEqual(partition, leader);
        leader.append(2, 100);
        awaitEqual(partition, leader);
        assertEquals(leader.end(), partition.log().highWatermark());
        assertEquals(2, partition.log().epochs().latestEpoch());
    }

    @Test
    void bytesThatWereChangedAreRefusedAndFetchedAgain() {
        FakeLeader leader = leader(1).append(0, 3).append(0, 3);
        leader.spoil(row -> with(row, bytes -> bytes.put(bytes.limit() - 5, (byte) ~bytes.get(bytes.limit() - 5))));
        Partition partition = follow(1, 0);
        awaitEqual(partition, leader);
        assertTrue(leader.fetches() >= 2);
    }

    @Test
    void answerThatIsCutOffIsFetchedAgain() {
        FakeLeader leader = leader(1).append(0, 3);
        leader.spoil(row -> with(row, bytes -> bytes.limit(bytes.limit() - 1)));
        leader.spoil(row -> with(row, bytes -> bytes.limit(20)));
        awaitEqual(follow(1, 0), leader);
    }

    @Test
    void batchesInTheWrongOrderAreRefused() {
        FakeLeader leader = leader(1).append(0, 1).append(0, 1);
        leader.spoil(row -> with(row, bytes -> bytes.position(bytes.limit() / 2)));
        Partition partition = follow(1, 0);
        awaitEqual(partition, leader);
    }

    @Test
    void batchOfALaterTermThanTheLeadersIsRefused() {
        FakeLeader leader = leader(1).append(5, 1);
        Partition partition = follow(1, 4);
        Await.until("several fetches", BOUND, () -> leader.fetches() >= 3);
        assertEquals(0, partition.logEndOffset());
    }

    @Test
    void whatTheLeaderDoesNotHaveIsCutByItsEpoch() {
        FakeLeader old = leader(1).append(1, 5).append(2, 4);
        Partition partition = follow(1, 2);
        awaitEqual(partition, old);
        FakeLeader next = leader(3).append(1, 5).append(3, 2);
        follow(3, 3);
        awaitEqual(partition, next);
        assertEquals(3, partition.log().epochs().latestEpoch());
        assertEquals(5, partition.log().epochs().endOffsetFor(1).endOffset());
    }

    @Test
    void divergenceOverSeveralTermsIsFoundStepByStep() {
        FakeLeader old = leader(1).append(1, 2).append(2, 2).append(4, 3).append(6, 2);
        Partition partition = follow(1, 6);
        awaitEqual(partition, old);
        FakeLeader next = leader(3).append(1, 2).append(3, 6).append(5, 3).append(7, 1);
        follow(3, 7);
        awaitEqual(partition, next);
    }

    @Test
    void nothingIsCutThatBothHave() {
        FakeLeader old = leader(1).append(1, 5);
        Partition partition = follow(1, 1);
        awaitEqual(partition, old);
        FakeLeader next = leader(3).append(1, 5).append(2, 1);
        follow(3, 2);
        awaitEqual(partition, next);
        assertEquals(6, partition.log().highWatermark());
    }

    @Test
    void beginsAnewWhereTheLeaderBeginsLater() {
        FakeLeader old = leader(1).append(1, 5);
        Partition partition = follow(1, 1);
        awaitEqual(partition, old);
        FakeLeader next = leader(3).startAt(50).append(2, 3);
        follow(3, 2);
        Await.until("the leader's end", BOUND, () -> partition.logEndOffset() == next.end());
        assertEquals(50, partition.log().logStartOffset());
        assertEquals(next.bytesFrom(50), bytes(partition, 50));
    }

    @Test
    void errorsOfTheLeaderAreWaitedOut() {
        FakeLeader leader = leader(1).append(0, 3);
        for (Errors error : List.of(
                Errors.NOT_LEADER_OR_FOLLOWER,
                Errors.UNKNOWN_LEADER_EPOCH,
                Errors.FENCED_LEADER_EPOCH,
                Errors.UNKNOWN_TOPIC_ID,
                Errors.KAFKA_STORAGE_ERROR)) {
            leader.spoil(row -> new PartitionData()
                    .setPartitionIndex(row.partitionIndex())
                    .setErrorCode(error.code())
                    .setRecords(MemoryRecords.EMPTY));
        }
        awaitEqual(follow(1, 0), leader);
    }

    @Test
    void newTermInterruptsALongPoll() {
        FakeLeader leader = leader(1).append(0, 1).silent();
        Partition partition = follow(1, 0);
        awaitEqual(partition, leader);
        follow(1, 1);
        Await.until("a fetch in the new term", BOUND, () -> leader.epochAsked() == 1);
        leader.append(1, 1);
        awaitEqual(partition, leader);
    }

    @Test
    void nothingIsFetchedOnceThisNodeLeads() {
        FakeLeader leader = leader(1).append(0, 1);
        Partition partition = follow(1, 0);
        awaitEqual(partition, leader);
        registry.becomeLeader(state(NODE, 1));
        leader.append(0, 1);
        Await.until("the fetcher ends with its last partition", BOUND, leader::isClosed);
        assertEquals(0, fetchers.count());
        assertEquals(1, partition.logEndOffset());
    }

    @Test
    void closeEndsALongPoll() {
        FakeLeader leader = leader(1).append(0, 1).silent();
        awaitEqual(follow(1, 0), leader);
        fetchers.close();
        assertTrue(leader.isClosed());
    }

    private FakeLeader leader(int id) {
        FakeLeader made = new FakeLeader();
        leaders.put(id, made);
        return made;
    }

    private Partition follow(int leader, int epoch) {
        return registry.becomeFollower(state(leader, epoch));
    }

    private static PartitionState state(int leader, int epoch) {
        return new PartitionState("t", TOPIC, 0, leader, epoch, epoch, List.of(leader, NODE), List.of(leader));
    }

    private static void awaitEqual(Partition partition, FakeLeader leader) {
        Await.until(
                "the leader's end " + leader.end(),
                BOUND,
                partition::logEndOffset,
                () -> partition.logEndOffset() == leader.end()
                        && bytes(partition, 0).equals(leader.bytesFrom(0)));
    }

    private static ByteBuffer bytes(Partition partition, long from) {
        try (LogSlice slice = partition.log().read(from, Integer.MAX_VALUE, Long.MAX_VALUE, true)) {
            return slice == null ? ByteBuffer.allocate(0) : slice.copy();
        }
    }

    /** The row with other bytes. */
    private static PartitionData with(PartitionData row, Consumer<ByteBuffer> change) {
        ByteBuffer original = ((MemoryRecords) row.records()).buffer();
        ByteBuffer copy = ByteBuffer.allocate(original.remaining())
                .put(original.duplicate())
                .flip();
        change.accept(copy);
        return row.setRecords(MemoryRecords.readableRecords(copy.slice()));
    }
}
