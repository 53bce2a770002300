package io.millrace.broker.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.broker.cluster.NodesAsProcesses.Program;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.LineChecker;
import io.millrace.broker.it.support.LogLines;
import io.millrace.broker.it.support.Received;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three processes, one of which is killed with SIGKILL in each of three rounds, under an idempotent producer with acks=all: nothing that
 * was acknowledged is lost, doubled, moved or changed, and the replicas end with the same bytes. {@code -Dcluster.seed} repeats a run.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
final class ClusterKillIT {
    private static final int ROUNDS = 3;
    private static final int PARTITIONS = 3;

    @TempDir
    Path temp;

    @Test
    void killedNodesLoseNothingThatWasAcknowledged() {
        long seed = Long.getLong("cluster.seed", System.nanoTime());
        System.out.println("cluster.seed=" + seed);
        Random random = new Random(seed);
        List<LogLines.Line> lines = LogLines.all();
        List<Program> three = List.of(Program.MILLRACE, Program.MILLRACE, Program.MILLRACE);
        try (NodesAsProcesses nodes = NodesAsProcesses.start(temp, three, Map.of("log.segment.bytes", "1048576"));
                Admin admin = Clients.admin(nodes.bootstrap())) {
            Clients.get(admin.createTopics(List.of(new NewTopic("logs", PARTITIONS, (short) 3)))
                    .all());
            nodes.awaitInSync(admin, "logs", 3);
            Clients.awaitLeaders(admin, "logs", PARTITIONS);
            SteadyProducer producer = SteadyProducer.start(nodes.bootstrap(), "logs", lines);
            for (int round = 1; round <= ROUNDS; round++) {
                producer.awaitShare(round / (ROUNDS + 1.0));
                int victim = 1 + random.nextInt(3);
                nodes.node(victim).kill();
                Set<Integer> others = new HashSet<>(Set.of(1, 2, 3));
                others.remove(victim);
                nodes.awaitLedBy(admin, "logs", others);
                nodes.node(victim).start();
                nodes.awaitInSync(admin, "logs", 3);
            }
            producer.join();
            List<Received> received = Clients.readAll(nodes.bootstrap(), "logs");
            assertEquals(List.of(), LineChecker.once(lines).faults(received));
            assertEquals(List.of(), producer.moved(received));
            nodes.awaitInSync(admin, "logs", 3);
            nodes.stopAll();
            ReplicaBytes.assertEqual(nodes.dataDirectories(), "logs", PARTITIONS);
        }
    }
}
