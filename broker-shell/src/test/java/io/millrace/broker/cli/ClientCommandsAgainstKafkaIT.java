package io.millrace.broker.cli;

import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.KafkaProcess;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The client commands against Apache Kafka 4.3.1, which they must not tell from Millrace. */
class ClientCommandsAgainstKafkaIT extends ClientCommandsScenario {
    @TempDir
    static Path directory;

    private static BrokerProcess kafka;

    @BeforeAll
    static void start() {
        kafka = new KafkaProcess(
                directory, directory.resolve("data"), BrokerProcess.freePort(), Map.of("num.partitions", "1"));
        kafka.start();
    }

    @AfterAll
    static void stop() {
        kafka.close();
    }

    @Override
    String server() {
        return kafka.bootstrap();
    }
}
