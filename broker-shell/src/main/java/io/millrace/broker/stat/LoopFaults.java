package io.millrace.broker.stat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Page faults of the event loops so far, as Linux counts them for each thread. Nothing where there is no such file. */
final class LoopFaults {
    private static final Path THREADS = Path.of("/proc/self/task");

    /** Linux cuts names of threads to 15 characters. */
    private static final String NAME = "(millrace-net-";

    /** Fields 10 and 12 of /proc/pid/stat, counted behind the name, which may hold blanks. */
    private static final int MINOR_FIELD = 7;

    private static final int MAJOR_FIELD = 9;

    private LoopFaults() {}

    static String line() {
        long minor = 0;
        long major = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
            for (Path thread : threads) {
                String stat = stat(thread);
                if (stat.contains(NAME)) {
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
                    minor += Long.parseLong(fields[MINOR_FIELD]);
                    major += Long.parseLong(fields[MAJOR_FIELD]);
                }
            }
        } catch (IOException e) {
            return "faults\tunknown=" + e.getMessage();
        }
        return "faults\tof=loops\tminor=" + minor + "\tmajor=" + major;
    }

    private static String stat(Path thread) {
        try {
            return Files.readString(thread.resolve("stat"));
        } catch (IOException ended) {
            return "";
        }
    }
}
