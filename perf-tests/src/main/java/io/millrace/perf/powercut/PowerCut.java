package io.millrace.perf.powercut;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command that cuts the power. As root, from the root of the repository, after {@code mvn package}:
 * {@code java -cp perf-tests/target/perf-tests.jar io.millrace.perf.powercut.PowerCut --cuts 100 --fs ext4 --mode sync}
 */
@Command(
        name = "powercut",
        mixinStandardHelpOptions = true,
        description = "Cuts the power of a loop-mounted file system under the engine and verifies what is left.")
public final class PowerCut implements Callable<Integer> {
    private static final Logger CLIENT_LOG = Logger.getLogger("org.apache.kafka");
    private static final int CUTS_OF_A_FILE_SYSTEM = 25;
    private static final int PARTITIONS = 4;
    private static final long PATIENCE_SECONDS = 60;
    private static final long END_SECONDS = 10;
    private static final int EXIT_VIOLATED = 1;
    private static final int EXIT_CANNOT = 2;

    @Option(names = "--cuts", defaultValue = "10", description = "How often (${DEFAULT-VALUE}).")
    private int cuts;

    @Option(names = "--fs", defaultValue = "ext4", description = "ext4 or xfs (${DEFAULT-VALUE}).")
    private String fileSystem = "ext4";

    @Option(
            names = "--mode",
            defaultValue = "sync",
            description = "What an acknowledgement waits for: sync, interval, page-cache (${DEFAULT-VALUE}).")
    private String modeName = "sync";

    @Option(
            names = "--pages",
            defaultValue = "exact",
            description =
                    "exact: what was not forced is gone; random: each 4 KiB page kept or lost (${DEFAULT-VALUE}).")
    private String pages = "exact";

    @Option(names = "--first-starts", defaultValue = "0", description = "Rounds with a broker's first start instead.")
    private int firstStarts;

    @Mixin
    private final RunOptions run = new RunOptions();

    @Option(names = "--seed", description = "Decides when the power goes and which pages are kept; random unless told.")
    private Optional<Long> seed = Optional.empty();

    @Option(
            names = "--evidence",
            description =
                    "A directory for the files as they were before they were recovered, of each cut that broke a promise.")
    private Optional<Path> evidence = Optional.empty();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final Tally tally = new Tally();
    private Random random = new Random();

    /** Runs the command line and exits with its code: 0, 1 where a promise was broken, 2 where it cannot be tried. */
    public static void main(String[] arguments) {
        CLIENT_LOG.setLevel(Level.OFF);
        System.exit(new CommandLine(new PowerCut()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        String problem = LoopMount.problem(fileSystem);
        if (problem != null) {
            spec.commandLine().getErr().println(problem);
            return EXIT_CANNOT;
        }
        long chosen = seed.orElseGet(() -> new Random().nextLong() & 0xFFFF_FFFFL);
        random = new Random(chosen);
        long begin = System.nanoTime();
        Path scratch = Files.createTempDirectory("millrace-powercut-");
        try (LoopMount mount = LoopMount.make(fileSystem, scratch)) {
            if (firstStarts > 0) {
                startFirst(mount, scratch);
            } else {
                cutAll(mount, DurabilityMode.of(modeName));
            }
        } finally {
            Scratch.remove(scratch);
        }
        report(chosen, (System.nanoTime() - begin) / 1_000_000_000L);
        return tally.violations() == 0 ? 0 : EXIT_VIOLATED;
    }

    private void report(long chosen, long seconds) throws IOException {
        out().println(fileSystem + " " + modeName + " " + pages + ": " + tally.words());
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("fileSystem", fileSystem);
        facts.put("mode", modeName);
        facts.put("pages", pages);
        facts.put("seed", Long.toString(chosen));
        facts.put("seconds", Long.toString(seconds));
        facts.put("kernel", System.getProperty("os.version"));
        facts.put("JDK", System.getProperty("java.vm.version"));
        run.write(tally.json(facts));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private void violated(String what) {
        tally.violated(what);
        out().println("VIOLATION " + what);
    }

    // ---- the engine
    // ----------------------------------------------------------------------------------------------------------------

    private void cutAll(LoopMount mount, DurabilityMode mode) throws IOException, InterruptedException {
        int run = 1;
        while (run <= cuts) {
            mount.format();
            int last = Math.min(cuts, run + CUTS_OF_A_FILE_SYSTEM - 1);
            try {
                run = cutUntil(last, run, mount, mode);
            } catch (Violation e) {
                violated(String.valueOf(e.getMessage()));
                run = tally.cuts() + 1;
            }
            out().println(tally.words());
        }
    }

    /** Cuts of one file system, with one writer for as long as it goes along. Returns the number of the next run. */
    private int cutUntil(int last, int first, LoopMount mount, DurabilityMode mode)
            throws IOException, InterruptedException {
        Verifier verifier = new Verifier(PARTITIONS, mode, tally);
        Path data = mount.point().resolve("data");
        int run = first;
        Child next = Child.writer(data, PARTITIONS, mode);
        try {
            while (run <= last) {
                try (Child writer = next) {
                    next = Child.writer(data, PARTITIONS, mode); // its virtual machine starts meanwhile
                    boolean goesAlong = true;
                    while (goesAlong && run <= last) {
                        goesAlong = cutOnce(mount, data, verifier, writer, run);
                        run++;
                    }
                }
            }
        } finally {
            next.close();
        }
        return run;
    }

    /** False where the writer did not come to an end by itself and was killed. */
    private boolean cutOnce(LoopMount mount, Path data, Verifier verifier, Child writer, int run)
            throws IOException, InterruptedException {
        mount.mount();
        boolean whileOpening = random.nextInt(8) == 0;
        Acknowledgements heard = writer.begin(run, PARTITIONS);
        wait(heard, whileOpening);
        PageMix mix = cut(mount, writer, heard);
        boolean ended = mix == null && heard.awaitEnd(END_SECONDS) && heard.isDone() && mount.tryUnmount();
        if (!ended) {
            writer.close();
            heard.awaitEnd(PATIENCE_SECONDS);
        }
        tally.cut(whileOpening, heard.count());
        tally.recycled(heard.recycled());
        mount.unmount();
        mount.mount();
        restore(mix, mount);
        verify(mount, verifier, data, run, heard);
        return ended;
    }

    /**
     * Where pages are kept and lost at random the writer is killed first, and the copy is taken when it has gone and all that it said has
     * been heard: nobody is left who could write, force or acknowledge anything between the copy and the cut.
     */
    private @Nullable PageMix cut(LoopMount mount, Child writer, Acknowledgements heard)
            throws IOException, InterruptedException {
        PageMix mix = null;
        if (pages.equals("random")) {
            writer.close();
            if (!heard.awaitEnd(PATIENCE_SECONDS)) {
                throw new IOException("the pipe of a writer that was killed does not end");
            }
            mix = PageMix.copy(mount.point());
        }
        heard.cutting();
        FileSystemShutdown.of(mount.point());
        return mix;
    }

    private void wait(Acknowledgements heard, boolean whileOpening) throws IOException, InterruptedException {
        if (whileOpening) {
            heard.awaitOpening(PATIENCE_SECONDS);
            Thread.sleep(random.nextInt(150));
        } else {
            heard.awaitReady(PATIENCE_SECONDS);
            Thread.sleep(20 + random.nextInt(random.nextInt(4) == 0 ? 1_500 : 300));
        }
    }

    private void restore(@Nullable PageMix mix, LoopMount mount) throws IOException {
        if (mix != null) {
            mix.restoreSome(mount.point(), random);
            tally.pages(mix.kept(), mix.lost());
        }
    }

    /** Sometimes the power goes again right after the recovery, before anybody has closed anything. */
    private void verify(LoopMount mount, Verifier verifier, Path data, int run, Acknowledgements heard)
            throws IOException {
        try {
            if (!Files.exists(data)) {
                return; // cut before the directory was made
            }
            boolean again = random.nextInt(4) == 0;
            if (evidence.isPresent()) {
                Scratch.copy(data, evidence.get().resolve("run-" + run));
            }
            verifier.verify(data, run, heard, !again && random.nextBoolean());
            if (again) {
                tally.cutAfterRecovery();
                FileSystemShutdown.of(mount.point());
                mount.unmount();
                mount.mount();
                verifier.verify(data, run, heard, true);
            }
            if (evidence.isPresent()) {
                Scratch.remove(evidence.get().resolve("run-" + run));
            }
        } finally {
            mount.unmount();
        }
    }

    // ---- the broker
    // ----------------------------------------------------------------------------------------------------------------

    private void startFirst(LoopMount mount, Path scratch) throws IOException, InterruptedException {
        Path jar = run.jar(spec);
        FirstStart first = new FirstStart(mount, jar, scratch, random);
        for (int round = 1; round <= firstStarts; round++) {
            try {
                first.round(1_000);
            } catch (Violation e) {
                violated(String.valueOf(e.getMessage()));
            }
            tally.firstStart();
            out().println("first start " + round + " of " + firstStarts + ", " + tally.violations() + " violations");
        }
    }
}
