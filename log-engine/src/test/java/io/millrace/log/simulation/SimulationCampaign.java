package io.millrace.log.simulation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Plays many histories and prints what they came to. See docs/testing.md for the command.
 *
 * <p>Arguments: first seed, number of seeds, threads. Exit code 1 and the seeds where the engine and the model did not agree.
 */
final class SimulationCampaign {
    /** In memory where there is such a place: what a force does is the simulation's to know, and not the disk's. */
    private static final Path MEMORY = Path.of("/dev/shm");

    private SimulationCampaign() {}

    /** What reproduces a seed. */
    static String command(long seed) {
        return "mvn -q -pl log-engine -am test -Dtest=SimulationTest#oneSeed -Dmillrace.simulation.seed=" + seed
                + " -Dsurefire.failIfNoSpecifiedTests=false";
    }

    /** Plays one seed in a directory of its own, which is removed. */
    static Outcome play(long seed) throws IOException {
        return play(seed, null);
    }

    /** The same as a history of a kind, whatever the seed would decide. */
    static Outcome play(long seed, Kind kind) throws IOException {
        Path directory = Files.isWritable(MEMORY)
                ? Files.createTempDirectory(MEMORY, "millrace-simulation-")
                : Files.createTempDirectory("millrace-simulation-");
        try {
            return Simulation.run(seed, kind, directory);
        } finally {
            remove(directory);
        }
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** The command line. */
    public static void main(String[] arguments) throws InterruptedException {
        long first = Long.parseLong(arguments[0]);
        long count = Long.parseLong(arguments[1]);
        int threads = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 1;
        System.exit(new Run(first, count, threads).go() ? 0 : 1);
    }

    /** One campaign. */
    private static final class Run {
        private static final long PROGRESS = 500;
        private static final double NS_A_SECOND = 1e9;

        private final long first;
        private final long count;
        private final int threads;
        private final AtomicLong next = new AtomicLong();
        private final LongAdder played = new LongAdder();
        private final LongAdder failed = new LongAdder();
        private final LongAdder steps = new LongAdder();
        private final LongAdder fileOperations = new LongAdder();
        private final LongAdder crashes = new LongAdder();
        private final LongAdder kills = new LongAdder();
        private final LongAdder closes = new LongAdder();
        private final LongAdder faults = new LongAdder();
        private final LongAdder damages = new LongAdder();
        private final LongAdder cleanings = new LongAdder();
        private final LongAdder markers = new LongAdder();
        private final LongAdder recycled = new LongAdder();
        private final LongAdder prepared = new LongAdder();
        private final LongAdder tampered = new LongAdder();

        Run(long first, long count, int threads) {
            this.first = first;
            this.count = count;
            this.threads = threads;
        }

        boolean go() throws InterruptedException {
            long begin = System.nanoTime();
            Thread[] players = LongStream.range(0, threads)
                    .mapToObj(i -> new Thread(this::playAll, "simulation-" + i))
                    .toArray(Thread[]::new);
            for (Thread player : players) {
                player.start();
            }
            for (Thread player : players) {
                player.join();
            }
            System.out.printf(
                    "{\"firstSeed\": %d, \"seeds\": %d, \"agreed\": %d, \"failed\": %d, \"steps\": %d, \"fileOperations\": %d,"
                            + " \"powerCuts\": %d, \"kills\": %d, \"closes\": %d, \"faults\": %d, \"damages\": %d,"
                            + " \"cleanings\": %d, \"markers\": %d, \"recycledFiles\": %d, \"preparedSegments\": %d, \"tamperedFiles\": %d,"
                            + " \"seconds\": %.1f}%n",
                    first,
                    count,
                    played.sum(),
                    failed.sum(),
                    steps.sum(),
                    fileOperations.sum(),
                    crashes.sum(),
                    kills.sum(),
                    closes.sum(),
                    faults.sum(),
                    damages.sum(),
                    cleanings.sum(),
                    markers.sum(),
                    recycled.sum(),
                    prepared.sum(),
                    tampered.sum(),
                    (System.nanoTime() - begin) / NS_A_SECOND);
            return played.sum() == count;
        }

        private void playAll() {
            for (long i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                try {
                    add(play(first + i));
                } catch (RuntimeException | IOException e) {
                    failed.increment();
                    System.out.println("FAILED " + e.getMessage());
                } catch (Error e) {
                    failed.increment(); // it cannot be played at all, and must not pass for a seed that agrees
                    throw e;
                }
                if (i % PROGRESS == PROGRESS - 1) {
                    System.out.println((i + 1) + " seeds, " + failed.sum() + " failed");
                }
            }
        }

        private void add(Outcome outcome) {
            played.increment();
            steps.add(outcome.steps());
            fileOperations.add(outcome.fileOperations());
            crashes.add(outcome.crashes());
            kills.add(outcome.kills());
            closes.add(outcome.closes());
            faults.add(outcome.faults());
            damages.add(outcome.damages());
            cleanings.add(outcome.cleanings());
            markers.add(outcome.markers());
            recycled.add(outcome.recycled());
            prepared.add(outcome.prepared());
            tampered.add(outcome.tampered());
        }
    }
}
