package io.millrace.log.compact;

/** The log has changed, or is going away: its cleaning is given up, and nothing of it is left. Not an error. */
public final class CleaningAbortedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says why. */
    public CleaningAbortedException(String reason) {
        super(reason);
    }
}
