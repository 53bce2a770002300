package io.millrace.broker.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.broker.it.support.TestFiles;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.LogSlice;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica as leader, with followers that are method calls, and as follower. */
class PartitionReplicationTest {
    private static final int US = 1;
    private static final long LAG_MS = 1000;

    @TempDir
    Path directory;

    private final Uuid id = Uuid.randomUuid();
    private final Map<Integer, Long> epochs = new HashMap<>(Map.of(2, 20L, 3, 30L));
    private final List<Integer> barred = new ArrayList<>();
    private final List<IsrProposal> asked = new ArrayList<>();
    private long nowMs = 5000;
    private LogRuntime runtime;
    private LogDirectory logs;
    private PartitionRegistry registry;

    @BeforeEach
    void open() {
        runtime = LogRuntime.start();
        logs = LogDirectory.open(directory, runtime, topic -> LogConfig.DEFAULTS, 1, LogListener.NONE);
        LiveBrokers brokers = new LiveBrokers() {
            @Override
            public long epoch(int brokerId) {
                return epochs.getOrDefault(brokerId, -1L);
            }

            @Override
            public boolean mayJoin(int brokerId) {
                return !barred.contains(brokerId);
            }

            @Override
            public String rack(int brokerId) {
                return brokerId == US ? "here" : "there";
            }
        };
        registry = new PartitionRegistry(
                US,
                List.of(logs),
                topic -> new TopicSettings(LogConfig.DEFAULTS, 2, null),
                new Replication(LAG_MS, () -> nowMs, brokers, asked::add, true));
    }

    @AfterEach
    void close() {
        registry.close();
        logs.close();
        runtime.close();
    }

    @Test
    void theHighWatermarkIsWhatAllInSyncHave() {
        Partition partition = lead(1, 1, List.of(1, 2, 3));
        List<Long> told = new ArrayList<>();
        partition.addHighWatermarkListener(told::add);
        append(partition, 5);
        assertEquals(0, partition.log().highWatermark());
        fetched(partition, 2, 5);
        assertEquals(0, partition.log().highWatermark(), "3 has not shown itself");
        fetched(partition, 3, 2);
        assertEquals(2, partition.log().highWatermark());
        fetched(partition, 3, 5);
        assertEquals(5, partition.log().highWatermark());
        assertEquals(List.of(2L, 5L), told);
    }

    @Test
    void followersThatWaitAreToldOfAppendsAndConsumersOfTheHighWatermark() {
        Partition partition = lead(1, 1, List.of(1, 2, 3));
        List<String> told = new ArrayList<>();
        partition.addListener((moved, bytes) -> told.add("consumer"));
        partition.addEndListener((moved, bytes) -> told.add("follower"));
        append(partition, 1);
        assertEquals(List.of("follower"), told);
        fetched(partition, 2, 1);
        fetched(partition, 3, 1);
        assertEquals(List.of("follower", "consumer"), told);
    }

    @Test
    void aFollowerThatIsBeingAddedHoldsTheHighWatermarkBack() {
        Partition partition = lead(1, 1, List.of(1, 2));
        append(partition, 4);
        fetched(partition, 2, 4);
        assertEquals(4, partition.log().highWatermark());
        fetched(partition, 3, 4);
        assertEquals("[1, 2, 3]", isr(onlyAsked()));
        assertEquals(
                List.of(-1L, 20L, 30L),
                onlyAsked().isr().stream().map(IsrProposal.Member::brokerEpoch).toList());
        append(partition, 2);
        fetched(partition, 2, 6);
        assertEquals(4, partition.log().highWatermark(), "3 may be the next leader already");
        fetched(partition, 3, 6);
        assertEquals(6, partition.log().highWatermark());
        onlyAsked().accepted(1, 2, List.of(1, 2, 3));
        assertEquals(List.of(1, 2, 3), partition.state().isr());
        assertEquals(2, partition.state().partitionEpoch());
    }

    @Test
    void whoLagsIsTakenOutAndHoldsTheWatermarkBackUntilTheControllerAgrees() {
        Partition partition = lead(1, 1, List.of(1, 2, 3));
        append(partition, 3);
        fetched(partition, 2, 3);
        nowMs += LAG_MS;
        partition.shrinkIsr();
        assertTrue(asked.isEmpty(), "not for longer than the lag yet");
        nowMs += 1;
        fetched(partition, 2, 3);
        partition.shrinkIsr();
        assertEquals("[1, 2]", isr(onlyAsked()));
        assertEquals(0, partition.log().highWatermark());
        partition.shrinkIsr();
        onlyAsked().accepted(1, 2, List.of(1, 2));
        assertEquals(3, partition.log().highWatermark());
    }

    @Test
    void belowMinInsyncReplicasNothingIsCommitted() {
        Partition partition = lead(1, 1, List.of(1));
        append(partition, 1);
        assertEquals(0, partition.log().highWatermark());
        assertFalse(partition.hasEnoughInSyncReplicas());
        fetched(partition, 2, 1);
        onlyAsked().accepted(1, 2, List.of(1, 2));
        assertEquals(1, partition.log().highWatermark());
        assertTrue(partition.hasEnoughInSyncReplicas());
    }

    @Test
    void onlyARegistrationThatIsAliveAndMeantMayJoin() {
        Partition partition = lead(1, 1, List.of(1, 2));
        barred.add(3);
        fetched(partition, 3, 0);
        assertTrue(asked.isEmpty(), "fenced");
        barred.clear();
        epochs.put(3, 31L);
        assertEquals(Errors.NOT_LEADER_OR_FOLLOWER, partition.followerFetched(3, 1, 30, 0, 0));
        assertEquals(Errors.UNKNOWN_LEADER_EPOCH, partition.followerFetched(4, 1, 40, 0, 0));
        assertEquals(Errors.FENCED_LEADER_EPOCH, partition.followerFetched(3, 0, 31, 0, 0));
        assertTrue(asked.isEmpty());
        fetched(partition, 3, 0);
        assertEquals("[1, 2, 3]", isr(onlyAsked()));
    }

    @Test
    void aRefusedChangeIsForgottenAndASupersededOneWaitsForTheMetadata() {
        Partition partition = lead(1, 1, List.of(1, 2));
        fetched(partition, 3, 0);
        onlyAsked().refused(Errors.INELIGIBLE_REPLICA);
        fetched(partition, 3, 0);
        assertEquals(2, asked.size());
        asked.get(1).refused(Errors.INVALID_UPDATE_VERSION);
        fetched(partition, 3, 0);
        assertEquals(2, asked.size());
        assertTrue(asked.get(1).isPending());
        registry.becomeLeader(state(US, 1, 5, List.of(1, 2)));
        assertFalse(asked.get(1).isPending());
        asked.get(1).accepted(1, 2, List.of(1, 2, 3));
        assertEquals(5, partition.state().partitionEpoch());
    }

    @Test
    void olderMetadataDoesNotTakeBackWhatTheControllerHasAnswered() {
        Partition partition = lead(1, 1, List.of(1, 2));
        fetched(partition, 3, 0);
        onlyAsked().accepted(1, 7, List.of(1, 2, 3));
        registry.becomeLeader(state(US, 1, 6, List.of(1, 2)));
        assertEquals(List.of(1, 2, 3), partition.state().isr());
    }

    @Test
    void aLeaderThatWasReplacedAppendsNothing() {
        Partition partition = lead(1, 1, List.of(1, 2));
        append(partition, 1);
        registry.becomeFollower(state(2, 2, 2, List.of(1, 2)));
        AppendResult result = new AppendResult();
        assertEquals(
                AppendStatus.FENCED_EPOCH, partition.log().appendAsLeader(batch(1), 1, AppendOrigin.CLIENT, result));
        assertEquals(1, partition.logEndOffset());
    }

    @Test
    void aFollowerTakesOnlyFromTheLeaderOfItsEpoch() {
        ByteBuffer batches = fromAnotherLeader(3);
        Partition partition = registry.becomeFollower(state(2, 5, 5, List.of(2)));
        AppendResult result = new AppendResult();
        assertEquals(AppendStatus.FENCED_EPOCH, partition.appendAsFollower(batches.duplicate(), 4, result));
        assertEquals(AppendStatus.APPENDED, partition.appendAsFollower(batches.duplicate(), 5, result));
        assertEquals(3, partition.logEndOffset());
        partition.followerHighWatermark(2, 0, 4);
        assertEquals(0, partition.log().highWatermark());
        partition.followerHighWatermark(2, 1, 5);
        assertEquals(2, partition.log().highWatermark());
        assertEquals(1, partition.log().logStartOffset());
        partition.followerHighWatermark(9, 9, 5);
        assertEquals(3, partition.log().highWatermark());
        assertEquals(1, partition.log().logStartOffset(), "not beyond the end");
        assertFalse(partition.truncateTo(2, 4));
        assertTrue(partition.truncateTo(2, 5));
        assertTrue(partition.logEndOffset() <= 2);
        assertFalse(partition.restartAt(70, 6));
        assertTrue(partition.restartAt(70, 5));
        assertEquals(70, partition.logEndOffset());
        registry.becomeLeader(state(US, 6, 6, List.of(1)));
        assertFalse(partition.truncateTo(0, 6));
        assertEquals(AppendStatus.FENCED_EPOCH, partition.appendAsFollower(batches.duplicate(), 6, result));
    }

    @Test
    void noAppendCommitsBeyondAFollowerThatHasJoined() {
        Partition partition = lead(1, 1, List.of(1));
        registry.reconfigure("t", new TopicSettings(LogConfig.DEFAULTS, 1, null));
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<Void> appending = CompletableFuture.runAsync(() -> {
            while (!enough.get()) {
                append(partition, 1);
            }
        });
        for (int round = 1; round <= 200; round++) {
            registry.becomeLeader(new PartitionState("t", id, 0, US, 1, 2 * round, List.of(1), List.of(1)));
            registry.becomeLeader(new PartitionState("t", id, 0, US, 1, 2 * round + 1, List.of(1, 2), List.of(1)));
            asked.clear();
            long has = 0;
            while (asked.isEmpty()) {
                has = partition.logEndOffset();
                fetched(partition, 2, has);
            }
            for (int look = 0; look < 100; look++) {
                long committed = partition.log().highWatermark();
                assertTrue(committed <= has, "committed " + committed + " where the follower has " + has);
            }
        }
        enough.set(true);
        appending.join();
    }

    @Test
    void aConsumerIsSentToTheReplicaInSyncThatStandsWhereItStands() {
        Partition partition = lead(1, 1, List.of(1, 2, 3));
        append(partition, 4);
        assertEquals(-1, partition.preferredReplica("there", 0), "nobody has shown itself");
        fetched(partition, 2, 2);
        fetched(partition, 3, 3);
        assertEquals(3, partition.preferredReplica("there", 2));
        assertEquals(-1, partition.preferredReplica("there", 4), "nobody has it");
        assertEquals(-1, partition.preferredReplica("here", 2));
        assertEquals(-1, partition.preferredReplica("nowhere", 2));
        barred.add(3);
        assertEquals(2, partition.preferredReplica("there", 2));
        registry.becomeFollower(state(2, 2, 2, List.of(1, 2)));
        assertEquals(-1, partition.preferredReplica("there", 2));
        assertEquals(Errors.NONE, partition.readError(2, false));
        assertEquals(Errors.NOT_LEADER_OR_FOLLOWER, partition.readError(2, true));
        assertEquals(Errors.FENCED_LEADER_EPOCH, partition.readError(1, false));
    }

    @Test
    void whatAFollowerHasCutIsNeitherMissedNorBackAfterACrash() throws IOException {
        ByteBuffer batches = fromAnotherLeader(5);
        registry.becomeFollower(state(2, 5, 5, List.of(2))).appendAsFollower(batches, 5, new AppendResult());
        close();
        open(); // the checkpoints say 5 now
        Partition partition = registry.becomeFollower(state(2, 6, 6, List.of(2)));
        assertEquals(5, partition.logEndOffset());
        assertTrue(partition.truncateTo(2, 6));
        assertEquals(2, afterACrash("cut"));
        assertTrue(partition.restartAt(1, 6));
        assertEquals(1, afterACrash("anew"));
    }

    /** The log end offset of what a process would find that is started on the files as they are. */
    private long afterACrash(String name) throws IOException {
        Path copy = directory.resolveSibling(directory.getFileName() + name);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(directory.relativize(file)));
            }
        }
        try (LogDirectory found = LogDirectory.open(copy, runtime, topic -> LogConfig.DEFAULTS, 1, LogListener.NONE)) {
            assertEquals(Map.of(), found.offline());
            return found.log("t", 0).logEndOffset();
        } finally {
            TestFiles.deleteRecursively(copy);
        }
    }

    /** The best of many rounds, as a segment may roll in one of them. */
    @Test
    void replicatedAppendsAndFetchesOfFollowersAllocateNothing() {
        Partition partition = lead(1, 1, List.of(1, 2, 3));
        partition.addEndListener((moved, bytes) -> {});
        ByteBuffer batch = batch(1);
        AppendResult result = new AppendResult();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().getId();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 200 && least > 0; round++) {
            long before = threads.getThreadAllocatedBytes(id);
            for (int i = 0; i < 200; i++) {
                partition.append(batch, AppendOrigin.COORDINATOR, result);
                batch.rewind();
                partition.followerFetched(2, 1, 20, result.lastOffset() + 1, 0);
                partition.followerFetched(3, 1, 30, result.lastOffset() + 1, 0);
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(id) - before);
        }
        assertEquals(0, least);
        assertEquals(partition.logEndOffset(), partition.log().highWatermark());
    }

    @Test
    void theOneThatReplicatesHearsOfEachState() {
        List<String> told = new ArrayList<>();
        registry.followers(new FollowerListener() {
            @Override
            public void onFollow(Partition partition, PartitionState state) {
                assertTrue(partition.isOnline());
                told.add("follow " + state.leaderId() + " in " + state.leaderEpoch());
            }

            @Override
            public void onLead(Partition partition) {
                told.add("lead " + partition.isLeader());
            }

            @Override
            public void onStopped(Partition partition) {
                told.add("stopped");
            }
        });
        registry.becomeFollower(state(2, 1, 1, List.of(2)));
        registry.becomeFollower(state(-1, 2, 2, List.of(2)));
        registry.becomeLeader(state(US, 3, 3, List.of(1)));
        registry.stop("t", 0, true);
        assertEquals(List.of("follow 2 in 1", "follow -1 in 2", "lead true", "stopped"), told);
    }

    private Partition lead(int leaderEpoch, int partitionEpoch, List<Integer> isr) {
        return registry.becomeLeader(state(US, leaderEpoch, partitionEpoch, isr));
    }

    private PartitionState state(int leader, int leaderEpoch, int partitionEpoch, List<Integer> isr) {
        return new PartitionState("t", id, 0, leader, leaderEpoch, partitionEpoch, List.of(1, 2, 3), isr);
    }

    private void fetched(Partition partition, int replica, long offset) {
        assertEquals(
                Errors.NONE,
                partition.followerFetched(replica, partition.leaderEpoch(), epochs.get(replica), offset, 0));
    }

    private IsrProposal onlyAsked() {
        assertEquals(1, asked.size(), asked::toString);
        return asked.get(0);
    }

    private static String isr(IsrProposal proposal) {
        return proposal.isr().stream()
                .map(IsrProposal.Member::brokerId)
                .toList()
                .toString();
    }

    private static void append(Partition partition, int records) {
        assertEquals(AppendStatus.APPENDED, partition.append(batch(records), AppendOrigin.CLIENT, new AppendResult()));
    }

    /** Three batches as a follower gets them. */
    private ByteBuffer fromAnotherLeader(int records) {
        Partition leader = registry.becomeLeader(
                new PartitionState("other", Uuid.randomUuid(), 0, US, 5, 5, List.of(US), List.of(US)));
        for (int i = 0; i < records; i++) {
            append(leader, 1);
        }
        try (LogSlice slice = leader.log().read(0, 1 << 20, records, true)) {
            ByteBuffer bytes = ByteBuffer.allocate(slice.length());
            slice.copyTo(bytes);
            return bytes.flip();
        }
    }

    private static ByteBuffer batch(int records) {
        SimpleRecord[] all = new SimpleRecord[records];
        for (int i = 0; i < records; i++) {
            all[i] = new SimpleRecord(1L, new byte[10]);
        }
        return MemoryRecords.withRecords(Compression.NONE, all).buffer();
    }
}
