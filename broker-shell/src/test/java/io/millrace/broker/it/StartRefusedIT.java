package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.KafkaTool;
import io.millrace.broker.it.support.MillraceProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A start that cannot be: one line that says what and where, exit code 2, and the broker that runs already is not disturbed. */
final class StartRefusedIT {
    private static final Duration BOUND = Duration.ofMinutes(1);

    @RegisterExtension
    static final BrokerUnderTest BROKER = BrokerUnderTest.with();

    @TempDir
    private Path work;

    @BeforeEach
    void isMillrace() {
        assumeFalse(BrokerUnderTest.isKafka(), "Apache Kafka has its own way to say so");
    }

    @Test
    void portInUse() {
        int port = BROKER.process().brokerPort();
        assertRefused(
                Integer.toString(port),
                "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:0",
                data());
    }

    @Test
    void directoryInUseByAnotherProcess() {
        Path taken = BROKER.process().dataDirectory();
        assertRefused(taken.toString(), listeners(), "log.dirs=" + taken);
    }

    @Test
    void directoryOfAnotherCluster() {
        MillraceProcess first = new MillraceProcess(work, work.resolve("data"), BrokerProcess.freePort(), Map.of());
        try (first) {
            first.start();
            first.stop();
        }
        assertRefused("cluster", listeners(), data(), "millrace.cluster.id=AAAAAAAAAAAAAAAAAAAAAA");
    }

    @Test
    void wrongPropertyValue() {
        assertRefused("num.partitions", listeners(), data(), "num.partitions=many");
    }

    @Test
    void unknownFlag() {
        KafkaTool.Result result = run(List.of("start", "--no-such-flag"));
        assertEquals(2, result.exitCode(), result::output);
        assertTrue(result.output().contains("--no-such-flag"), result::output);
    }

    private String data() {
        return "log.dirs=" + work.resolve("data");
    }

    private static String listeners() {
        return "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:" + BrokerProcess.freePort();
    }

    private void assertRefused(String named, String... settings) {
        List<String> arguments = new ArrayList<>(List.of("start"));
        for (String setting : settings) {
            arguments.addAll(List.of("--set", setting));
        }
        KafkaTool.Result result = run(arguments);
        assertEquals(2, result.exitCode(), result::output);
        List<String> lines =
                result.output().lines().filter(line -> !line.isBlank()).toList();
        assertEquals(1, lines.size(), result::output);
        assertTrue(lines.get(0).contains(named), result::output);
        BROKER.process().awaitServing();
    }

    private KafkaTool.Result run(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                MillraceProcess.java(),
                "-Xmx256m",
                "-jar",
                MillraceProcess.jar().toString()));
        command.addAll(arguments);
        return KafkaTool.run(work, command, BOUND);
    }
}
