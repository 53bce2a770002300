package io.millrace.log.compact;

import org.jspecify.annotations.Nullable;

/** The log cannot be cleaned as it is, and trying again would not help. It is unharmed. */
public final class UncleanableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says why. */
    public UncleanableException(String reason, @Nullable Throwable cause) {
        super(reason, cause);
    }
}
