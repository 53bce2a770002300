package io.millrace.mapped;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

/**
 * {@link FileFaults} by rules: which operations on which files fail, how likely, after what delay, and with which error.
 *
 * <pre>{@code
 * FaultInjection faults = new FaultInjection(42, FaultInjection::sleep)
 *         .with(Rule.of(Failure.NO_SPACE, 0.01, Operation.WRITE, Operation.RESERVE))
 *         .with(Rule.of(Failure.IO, 0.001, Operation.FORCE).on(file -> file.toString().endsWith(".log")));
 * }</pre>
 *
 * <p>Whether an operation fails depends on the seed, the file's name, the operation and how often it was asked before, and on
 * nothing else: the same history meets the same faults, whatever other threads and other files do meanwhile. Any thread.
 */
public final class FaultInjection implements FileFaults {
    /** What fails. */
    public enum Failure {
        /** {@code EIO}. */
        IO("Input/output error"),
        /** {@code ENOSPC}. */
        NO_SPACE("No space left on device"),
        /** A write that goes half way and then finds the disk full; {@link #NO_SPACE} for what is not a write. */
        SHORT_WRITE("No space left on device"),
        /** Nothing fails: the operation only takes longer. */
        NONE("");

        private final String message;

        Failure(String message) {
            this.message = message;
        }
    }

    /**
     * One kind of failure.
     *
     * @param operations what may fail
     * @param files which files it concerns
     * @param probability from 0 to 1, of each operation
     * @param delayNs how long the operation takes before it fails, or goes on
     * @param error how it fails
     */
    public record Rule(
            Set<Operation> operations, Predicate<Path> files, double probability, long delayNs, Failure error) {
        /** Checks the range and copies the set. */
        public Rule {
            if (probability < 0 || probability > 1 || delayNs < 0 || operations.isEmpty()) {
                throw new IllegalArgumentException("probability=" + probability + " delayNs=" + delayNs);
            }
            operations = EnumSet.copyOf(operations);
        }

        /**
         * A rule for all files and without a delay.
         *
         * @param error how it fails
         * @param probability of each operation
         * @param operations what may fail
         * @return the rule
         */
        public static Rule of(Failure error, double probability, Operation... operations) {
            return new Rule(EnumSet.copyOf(Arrays.asList(operations)), file -> true, probability, 0, error);
        }

        /**
         * The same for some files only.
         *
         * @param which the files
         * @return the rule
         */
        public Rule on(Predicate<Path> which) {
            return new Rule(operations, which, probability, delayNs, error);
        }

        /**
         * The same with a delay.
         *
         * @param delay before it fails, or goes on, in nanoseconds
         * @return the rule
         */
        public Rule after(long delay) {
            return new Rule(operations, files, probability, delay, error);
        }
    }

    private final long seed;
    private final LongConsumer sleeper;
    private final ConcurrentHashMap<String, AtomicLong> asked = new ConcurrentHashMap<>();
    private final AtomicLong injected = new AtomicLong();
    private volatile List<Rule> rules = List.of();

    /**
     * Without rules: nothing fails.
     *
     * @param seed decides what fails
     * @param sleeper takes the nanoseconds of a delay: {@link #sleep}, or a clock of a test that is set forward
     */
    public FaultInjection(long seed, LongConsumer sleeper) {
        this.seed = seed;
        this.sleeper = sleeper;
    }

    /**
     * Delays the calling thread.
     *
     * @param delayNs for how long
     */
    public static void sleep(long delayNs) {
        java.util.concurrent.locks.LockSupport.parkNanos(delayNs);
    }

    /**
     * Adds a rule; the first that applies decides.
     *
     * @param rule the rule
     * @return this
     */
    public synchronized FaultInjection with(Rule rule) {
        List<Rule> more = new ArrayList<>(rules);
        more.add(rule);
        rules = List.copyOf(more);
        return this;
    }

    /** From here on nothing fails. */
    public synchronized void heal() {
        rules = List.of();
    }

    /**
     * How many operations have failed.
     *
     * @return their number so far
     */
    public long injected() {
        return injected.get();
    }

    @Override
    public void before(Operation operation, Path file, long position, long length) throws IOException {
        for (Rule rule : rules) {
            if (rule.operations.contains(operation) && rule.files.test(file)) {
                long draw = draw(operation, file);
                if ((draw >>> 11) * 0x1p-53 < rule.probability) {
                    inject(rule, operation, draw, length);
                    return;
                }
            }
        }
    }

    private void inject(Rule rule, Operation operation, long draw, long length) throws IOException {
        if (rule.delayNs > 0) {
            sleeper.accept(rule.delayNs);
        }
        if (rule.error == Failure.NONE) {
            return;
        }
        injected.incrementAndGet();
        if (rule.error == Failure.SHORT_WRITE && operation == Operation.WRITE && length > 0) {
            throw new ShortWrite(Math.floorMod(mix(draw), length), rule.error.message);
        }
        throw new IOException(rule.error.message);
    }

    private long draw(Operation operation, Path file) {
        String name = operation + " " + file.getFileName();
        long count = asked.computeIfAbsent(name, same -> new AtomicLong()).getAndIncrement();
        return mix(mix(seed + count) ^ name.hashCode());
    }

    /** The finaliser of SplitMix64. */
    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
