package io.millrace.log;

import io.millrace.mapped.FileFaults;
import java.util.concurrent.ScheduledExecutorService;

/** Hands the runtime without threads to the simulation, which lives in a package of its own. */
public final class DrivenRuntime {
    private DrivenRuntime() {}

    /** See {@link LogRuntime#driven}. */
    public static LogRuntime of(
            LogClock clock,
            LogListener listener,
            FileFaults faults,
            int openSegmentsMax,
            ScheduledExecutorService agents) {
        return LogRuntime.driven(clock, listener, faults, openSegmentsMax, agents);
    }
}
