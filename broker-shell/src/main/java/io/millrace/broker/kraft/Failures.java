package io.millrace.broker.kraft;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Finds the exception that a future wrapped, however often. */
final class Failures {
    private Failures() {}

    /** The first cause that is not the wrapping of a future: Kafka's error mapping looks through one level only. */
    static Throwable unwrapped(Throwable failure) {
        Throwable found = failure;
        @Nullable Throwable cause = found.getCause();
        while (cause != null && (found instanceof CompletionException || found instanceof ExecutionException)) {
            found = cause;
            cause = found.getCause();
        }
        return found;
    }
}
