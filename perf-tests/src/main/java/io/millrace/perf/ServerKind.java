package io.millrace.perf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The two servers that are compared, and how each is started in the foreground. */
enum ServerKind {
    KAFKA {
        @Override
        List<String> command(Path jar, Path properties, List<String> jvmFlags) {
            List<String> command = java(jvmFlags);
            // The flags of kafka-server-start.sh beside the heap.
            command.addAll(List.of(
                    "-server",
                    "-XX:+UseG1GC",
                    "-XX:MaxGCPauseMillis=20",
                    "-XX:InitiatingHeapOccupancyPercent=35",
                    "-XX:+ExplicitGCInvokesConcurrent"));
            command.addAll(List.of("-cp", classPath(), "kafka.Kafka", properties.toString()));
            return command;
        }
    },
    MILLRACE {
        @Override
        List<String> command(Path jar, Path properties, List<String> jvmFlags) {
            List<String> command = java(jvmFlags);
            command.addAll(List.of("-jar", jar.toString(), "start", "--config", properties.toString()));
            return command;
        }
    };

    abstract List<String> command(Path jar, Path properties, List<String> jvmFlags);

    static List<String> java(List<String> flags) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        return command;
    }

    static String classPath() {
        return System.getProperty("java.class.path");
    }
}
