package io.millrace.broker.partition;

/** The way to the controller for changes of the ISR. Implemented over the control plane; any thread, no blocking. */
@FunctionalInterface
public interface IsrUpdates {
    /** Nobody is asked, so nothing is ever answered. */
    IsrUpdates NONE = proposal -> {};

    /**
     * Asks the controller, again where it cannot be reached, for as long as {@link IsrProposal#isPending}. What it says comes by {@link
     * IsrProposal#accepted} or {@link IsrProposal#refused}.
     */
    void submit(IsrProposal proposal);
}
