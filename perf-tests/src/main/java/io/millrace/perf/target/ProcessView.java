package io.millrace.perf.target;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a process uses, as Linux counts it. Immutable; reads {@code /proc} each time.
 *
 * @param pid of the process
 */
public record ProcessView(long pid) {
    private static final Path PROC = Path.of("/proc");
    private static final double TICKS_PER_SECOND = 100;
    private static final String LISTENS = "0A";

    /** This process: what the load itself costs. */
    public static ProcessView self() {
        return new ProcessView(ProcessHandle.current().pid());
    }

    /** The process of this machine that listens on a port; empty where it is elsewhere or not ours to see. */
    public static Optional<ProcessView> listeningOn(int port) {
        try {
            Set<String> sockets = new HashSet<>();
            addListening(PROC.resolve("net/tcp"), port, sockets);
            addListening(PROC.resolve("net/tcp6"), port, sockets);
            return sockets.isEmpty() ? Optional.empty() : ownerOf(sockets);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static void addListening(Path table, int port, Set<String> sockets) throws IOException {
        if (!Files.isReadable(table)) {
            return;
        }
        String suffix = String.format(":%04X", port);
        for (String line : Files.readAllLines(table)) {
            List<String> fields = List.of(line.trim().split("\\s+"));
            if (fields.size() > 9
                    && fields.get(1).endsWith(suffix)
                    && fields.get(3).equals(LISTENS)) {
                sockets.add("socket:[" + fields.get(9) + "]");
            }
        }
    }

    private static Optional<ProcessView> ownerOf(Set<String> sockets) throws IOException {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (holds(process.resolve("fd"), sockets)) {
                    return Optional.of(
                            new ProcessView(Long.parseLong(process.getFileName().toString())));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean holds(Path descriptors, Set<String> sockets) {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(descriptors)) {
            for (Path link : links) {
                if (sockets.contains(target(link))) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false; // another user's, or gone
        }
        return false;
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }

    /** User and system time so far, seconds: fields 14 and 15 of /proc/pid/stat, counted after the name, which may hold blanks. */
    public double processorSeconds() throws IOException {
        String stat = Files.readString(PROC.resolve(pid + "/stat"));
        List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
        long ticks = Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12));
        return ticks / TICKS_PER_SECOND;
    }

    /** Resident memory, MiB. */
    public double residentMb() throws IOException {
        return status("VmRSS:") / 1_024.0;
    }

    /** Threads. */
    public double threads() throws IOException {
        return status("Threads:");
    }

    /** Open descriptors. */
    public double openFiles() throws IOException {
        try (Stream<Path> descriptors = Files.list(PROC.resolve(pid + "/fd"))) {
            return descriptors.count();
        }
    }

    private double status(String field) throws IOException {
        for (String line : Files.readAllLines(PROC.resolve(pid + "/status"))) {
            if (line.startsWith(field)) {
                String number = line.substring(field.length()).replace("kB", "").trim();
                return Long.parseLong(number);
            }
        }
        throw new IOException("no " + field + " of process " + pid);
    }
}
