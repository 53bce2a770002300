package io.millrace.broker.kraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.raft.ElectionState;
import org.apache.kafka.raft.FileQuorumStateStore;
import org.apache.kafka.raft.ReplicaKey;
import org.apache.kafka.server.common.KRaftVersion;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuorumStateFileTest {
    private static final ReplicaKey CANDIDATE = ReplicaKey.of(3, Uuid.randomUuid());
    private static final List<ElectionState> STATES = List.of(
            ElectionState.withElectedLeader(7, 1, Optional.empty(), Set.of()),
            ElectionState.withVotedCandidate(8, CANDIDATE, Set.of()),
            ElectionState.withUnknownLeader(9, Set.of()));

    @TempDir
    Path temp;

    private QuorumStateFile ours;
    private FileQuorumStateStore kafkas;

    @BeforeEach
    void open() {
        Path file = temp.resolve("quorum-state");
        ours = new QuorumStateFile(file);
        kafkas = new FileQuorumStateStore(file.toFile());
    }

    @Test
    void kafkaReadsWhatIsWritten() {
        for (ElectionState state : STATES) {
            ours.writeElectionState(state, KRaftVersion.KRAFT_VERSION_1);
            assertEquals(Optional.of(state), kafkas.readElectionState());
            assertEquals(Optional.of(state), ours.readElectionState());
        }
    }

    @Test
    void whatKafkaWroteIsRead() throws IOException {
        for (ElectionState state : STATES) {
            kafkas.writeElectionState(state, KRaftVersion.KRAFT_VERSION_1);
            String kafkasText = Files.readString(ours.path());
            assertEquals(Optional.of(state), ours.readElectionState());
            ours.writeElectionState(state, KRaftVersion.KRAFT_VERSION_1);
            assertEquals(kafkasText, Files.readString(ours.path()));
        }
    }

    @Test
    void staticQuorumsFormIsKafkasOwn() {
        ElectionState state = ElectionState.withElectedLeader(4, 2, Optional.empty(), Set.of(1, 2));
        ours.writeElectionState(state, KRaftVersion.KRAFT_VERSION_0);
        assertEquals(OptionalInt.of(2), ours.readElectionState().orElseThrow().optionalLeaderId());
    }

    @Test
    void otherSpellingIsLeftToKafka() throws IOException {
        Files.writeString(
                ours.path(),
                "{ \"data_version\": 1, \"leaderEpoch\": 5, \"leaderId\": 1, \"votedId\": -1,"
                        + " \"votedDirectoryId\": \"AAAAAAAAAAAAAAAAAAAAAA\" }");
        assertEquals(5, ours.readElectionState().orElseThrow().epoch());
    }

    @Test
    void clearedFileHasNoState() {
        ours.writeElectionState(STATES.get(0), KRaftVersion.KRAFT_VERSION_1);
        ours.clear();
        assertFalse(ours.readElectionState().isPresent());
    }
}
