package io.millrace.perf.scenario;

import io.millrace.perf.target.ProcessView;
import java.io.IOException;
import java.util.Optional;

/** What a process uses between two moments. Owned by one measurement. */
final class Usage {
    private final ProcessView process;
    private final double processorBefore;
    private final long startNs = System.nanoTime();

    private Usage(ProcessView process, double processorBefore) {
        this.process = process;
        this.processorBefore = processorBefore;
    }

    /**
     * What was used.
     *
     * @param processorSeconds user and system
     * @param wallSeconds between the two moments
     * @param residentMb at the end
     * @param threads at the end
     */
    record Spent(double processorSeconds, double wallSeconds, double residentMb, double threads) {}

    /** Begins now; empty of a process that is gone. */
    static Optional<Usage> begin(ProcessView process) {
        try {
            return Optional.of(new Usage(process, process.processorSeconds()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Ends now; empty of a process that is gone. */
    Optional<Spent> end() {
        try {
            return Optional.of(new Spent(
                    process.processorSeconds() - processorBefore,
                    (System.nanoTime() - startNs) / 1e9,
                    process.residentMb(),
                    process.threads()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
