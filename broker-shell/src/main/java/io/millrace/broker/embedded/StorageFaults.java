package io.millrace.broker.embedded;

import io.millrace.mapped.FaultInjection;
import io.millrace.mapped.FaultInjection.Failure;
import io.millrace.mapped.FaultInjection.Rule;
import io.millrace.mapped.FileFaults.Operation;
import java.time.Duration;

/**
 * What a test does to the disk under the logs, until {@link #heal}. Deterministic: the same history of operations meets the same faults.
 * Any thread.
 */
public final class StorageFaults {
    private final FaultInjection injection = new FaultInjection(0, FaultInjection::sleep);

    StorageFaults() {}

    FaultInjection injection() {
        return injection;
    }

    /** The disk has no block left: appends that need new ones are refused, reads are served, and it heals. */
    public void diskFull() {
        injection.with(Rule.of(Failure.NO_SPACE, 1, Operation.RESERVE, Operation.WRITE, Operation.MAKE_DIRECTORY));
    }

    /** The disk takes so much longer for everything that it writes or forces. */
    public void slowDisk(Duration delay) {
        injection.with(Rule.of(Failure.NONE, 1, Operation.WRITE, Operation.FORCE, Operation.RESERVE)
                .after(delay.toNanos()));
    }

    /** Bytes can no longer be made durable. A log that meets this goes offline for good, also after {@link #heal}, until a restart. */
    public void syncFails() {
        injection.with(Rule.of(Failure.IO, 1, Operation.FORCE));
    }

    /** From here on nothing fails. */
    public void heal() {
        injection.heal();
    }
}
