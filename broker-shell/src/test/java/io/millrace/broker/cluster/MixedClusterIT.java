package io.millrace.broker.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.broker.cluster.NodesAsProcesses.Program;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.LineChecker;
import io.millrace.broker.it.support.LogLines;
import io.millrace.broker.it.support.Received;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Millrace and two nodes of Apache Kafka in one quorum and one cluster, under load: Apache Kafka leads and Millrace follows, Millrace leads
 * and Apache Kafka follows, and each takes over from the other, once in good order and once after SIGKILL.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
final class MixedClusterIT {
    private static final int KAFKA = 1;
    private static final int MILLRACE = 2;
    private static final int OTHER_KAFKA = 3;

    @TempDir
    Path temp;

    @Test
    void leadershipGoesFromKafkaToMillraceAndBackUnderLoad() {
        List<LogLines.Line> lines = LogLines.all();
        List<Program> programs = List.of(Program.KAFKA, Program.MILLRACE, Program.KAFKA);
        try (NodesAsProcesses nodes = NodesAsProcesses.start(temp, programs, Map.of());
                Admin admin = Clients.admin(nodes.bootstrap())) {
            Map<Integer, List<Integer>> kafkaFirst = Map.of(0, List.of(KAFKA, MILLRACE, OTHER_KAFKA));
            Clients.get(admin.createTopics(
                            List.of(new NewTopic("logs", kafkaFirst).configs(Map.of("segment.bytes", "1048576"))))
                    .all());
            nodes.awaitInSync(admin, "logs", 3);
            nodes.awaitLedBy(admin, "logs", Set.of(KAFKA));
            SteadyProducer producer = SteadyProducer.start(nodes.bootstrap(), "logs", lines);

            producer.awaitShare(0.3); // Apache Kafka leads, Millrace follows
            nodes.node(KAFKA).stop();
            nodes.awaitLedBy(admin, "logs", Set.of(MILLRACE));
            nodes.node(KAFKA).start();
            nodes.awaitInSync(admin, "logs", 3);

            producer.awaitShare(0.6); // Millrace leads, Apache Kafka follows
            nodes.node(MILLRACE).kill();
            nodes.awaitLedBy(admin, "logs", Set.of(KAFKA, OTHER_KAFKA));
            nodes.node(MILLRACE).start();
            nodes.awaitInSync(admin, "logs", 3);

            producer.join();
            List<Received> received = Clients.readAll(nodes.bootstrap(), "logs");
            assertEquals(List.of(), LineChecker.once(lines).faults(received));
            assertEquals(List.of(), producer.moved(received));
            nodes.stopAll();
            ReplicaBytes.assertEqual(nodes.dataDirectories(), "logs", 1);
        }
    }
}
