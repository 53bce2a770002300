package io.millrace.perf.load;

import java.io.Serial;

/** The load cannot go on, for a reason outside this program. The message is one line that names the reason. */
public final class LoadFailure extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    /** A failure with its one line. */
    public LoadFailure(String message) {
        super(message);
    }

    /** A failure with its one line and what it came from. */
    public LoadFailure(String message, Throwable cause) {
        super(message, cause);
    }

    /** The first line of what an exception says, or its name where it says nothing. */
    public static String lineOf(Throwable e) {
        String message = e.getMessage();
        return message == null || message.isBlank()
                ? e.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }
}
