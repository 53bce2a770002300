package io.millrace.broker.kraft;

/** Why a node cannot start with these settings on these directories, in one line for the operator. */
public final class StartRefusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A reason without a deeper cause. */
    public StartRefusal(String line) {
        super(line);
    }

    /** A reason whose details are in the cause. */
    public StartRefusal(String line, Throwable cause) {
        super(line, cause);
    }
}
