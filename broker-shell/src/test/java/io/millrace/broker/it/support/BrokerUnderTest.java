package io.millrace.broker.it.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The broker of one test class: started before its first test, closed after its last, its output printed when a test fails.
 * Register it in a static field. {@code -Dit.broker=kafka} puts Apache Kafka in Millrace's place.
 */
public final class BrokerUnderTest implements BeforeAllCallback, AfterTestExecutionCallback, AfterAllCallback {
    private final Map<String, String> settings;
    private Path workDirectory;
    private BrokerProcess process;

    private BrokerUnderTest(Map<String, String> settings) {
        this.settings = settings;
    }

    /** A broker with the tests' defaults and these settings, given as name, value, name, value. */
    public static BrokerUnderTest with(String... namesAndValues) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return new BrokerUnderTest(map);
    }

    public static boolean isKafka() {
        return "kafka".equals(System.getProperty("it.broker"));
    }

    /** A process of the chosen broker that is not started yet. */
    public static BrokerProcess create(Path work, Path data, int controllerPort, Map<String, String> settings) {
        return isKafka()
                ? new KafkaProcess(work, data, controllerPort, settings)
                : new MillraceProcess(work, data, controllerPort, settings);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        workDirectory = Files.createTempDirectory("millrace-it-");
        process = create(workDirectory, workDirectory.resolve("data"), BrokerProcess.freePort(), settings);
        process.start();
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        context.getExecutionException()
                .ifPresent(e -> System.err.println("broker output after " + context.getDisplayName() + " failed:\n"
                        + process.child().outputTail()));
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        if (process != null) {
            process.close();
        }
        TestFiles.deleteRecursively(workDirectory);
    }

    public BrokerProcess process() {
        return process;
    }

    public String bootstrap() {
        return process.bootstrap();
    }

    public Path workDirectory() {
        return workDirectory;
    }
}
