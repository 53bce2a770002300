package io.millrace.broker.it.support;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Millrace as a user starts it: {@code java -jar millrace.jar start --set name=value ...}; it formats itself. */
public final class MillraceProcess extends BrokerProcess {
    private final Path jar;

    public MillraceProcess(Path workDirectory, Path dataDirectory, int controllerPort, Map<String, String> settings) {
        this(workDirectory, dataDirectory, controllerPort, settings, jar());
    }

    /** From another copy of the jar. */
    public MillraceProcess(
            Path workDirectory, Path dataDirectory, int controllerPort, Map<String, String> settings, Path jar) {
        super(workDirectory, dataDirectory, controllerPort, settings);
        this.jar = jar;
    }

    @Override
    protected void format() {
        // The first start formats the directory.
    }

    @Override
    protected List<String> command() {
        List<String> command = new ArrayList<>(List.of(java(), "-Xmx512m", "-jar", jar.toString(), "start"));
        settings().forEach((name, value) -> command.addAll(List.of("--set", name + "=" + value)));
        return command;
    }

    /** The executable jar of this build. */
    public static Path jar() {
        String base = System.getProperty("basedir", ".");
        return Path.of(System.getProperty("millrace.jar", base + "/target/millrace.jar"))
                .toAbsolutePath();
    }

    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
