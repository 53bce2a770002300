package io.millrace.broker.kraft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.raft.ElectionState;
import org.apache.kafka.raft.FileQuorumStateStore;
import org.apache.kafka.raft.QuorumStateStore;
import org.apache.kafka.raft.generated.QuorumStateData;
import org.apache.kafka.server.common.KRaftVersion;

/**
 * {@code quorum-state}: the epoch this voter is in and whom it voted for, Kafka's file in Kafka's format.
 *
 * <pre>
 *  {"leaderId":1,"leaderEpoch":2,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}
 * </pre>
 *
 * <p>One line of JSON with five fields. Kafka reads and writes it with a JSON library of 430 classes, which costs a
 * start more than the rest of joining the quorum; here the one line is written as it is, and only a file of another shape
 * is given to Kafka's class. Replaced as a whole: written beside, synced, renamed, directory synced, so a crash leaves the
 * old or the new one. Called by the Raft client's thread only.
 */
final class QuorumStateFile implements QuorumStateStore {
    /** Name of the file, beside the segments of the metadata log. */
    static final String FILE_NAME = "quorum-state";

    private static final short DYNAMIC_QUORUM = 1;
    private static final String FORMAT =
            "{\"leaderId\":%d,\"leaderEpoch\":%d,\"votedId\":%d,\"votedDirectoryId\":\"%s\",\"data_version\":1}";
    private static final Pattern LINE = Pattern.compile("\\{\"leaderId\":(-?\\d{1,10}),\"leaderEpoch\":(\\d{1,10}),"
            + "\"votedId\":(-?\\d{1,10}),\"votedDirectoryId\":\"([A-Za-z0-9_-]{22})\",\"data_version\":1}\\s*");

    private final Path file;

    QuorumStateFile(Path file) {
        this.file = file;
    }

    @Override
    public Optional<ElectionState> readElectionState() {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Matcher line = LINE.matcher(text());
        return line.matches() ? Optional.of(state(line)) : kafkas().readElectionState();
    }

    /** Made only where it is needed: its class alone brings the library. */
    private FileQuorumStateStore kafkas() {
        return new FileQuorumStateStore(file.toFile());
    }

    private static ElectionState state(Matcher line) {
        return ElectionState.fromQuorumStateData(new QuorumStateData()
                .setLeaderId(Integer.parseInt(line.group(1)))
                .setLeaderEpoch(Integer.parseInt(line.group(2)))
                .setVotedId(Integer.parseInt(line.group(3)))
                .setVotedDirectoryId(Uuid.fromString(line.group(4))));
    }

    private String text() {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    @Override
    public void writeElectionState(ElectionState latest, KRaftVersion kraftVersion) {
        if (kraftVersion.quorumStateVersion() != DYNAMIC_QUORUM) {
            kafkas().writeElectionState(latest, kraftVersion);
            return;
        }
        QuorumStateData data = latest.toQuorumStateData(DYNAMIC_QUORUM);
        try {
            replace(FORMAT.formatted(data.leaderId(), data.leaderEpoch(), data.votedId(), data.votedDirectoryId()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private void replace(String text) throws IOException {
        Path fresh = fresh();
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            var bytes = StandardCharsets.UTF_8.encode(text);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        SyncedFiles.syncDirectory(directory());
    }

    private Path directory() {
        return Objects.requireNonNull(file.toAbsolutePath().getParent(), "quorum-state is in a directory");
    }

    private Path fresh() {
        return file.resolveSibling(file.getFileName() + ".tmp");
    }

    @Override
    public Path path() {
        return file;
    }

    @Override
    public void clear() {
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(fresh());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + file, e);
        }
    }
}
