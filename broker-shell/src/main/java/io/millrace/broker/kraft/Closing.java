package io.millrace.broker.kraft;

import org.slf4j.Logger;

/**
 * Closes one thing after the other: what fails is logged, and the next is closed all the same.
 *
 * <p>An interrupt does not cut a stop short; it is kept for the caller.
 */
public final class Closing {
    /** Closes something. */
    @FunctionalInterface
    public interface Step {
        /** Does it. */
        void run() throws Exception;
    }

    private final Logger log;

    /** Failures go to this logger. */
    public Closing(Logger log) {
        this.log = log;
    }

    /** Runs a step; {@code what} names it where it fails. */
    public void run(String what, Step step) {
        boolean interrupted = Thread.interrupted();
        try {
            step.run();
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (Exception e) {
            log.warn("could not close {}", what, e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
