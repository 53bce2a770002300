package io.millrace.perf.load;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The first failure of any thread of a load; later ones follow from it. Any thread may write. */
public final class Failures {
    private final AtomicReference<@Nullable String> first = new AtomicReference<>();

    /** Says why the load stops. */
    public void add(String line) {
        first.compareAndSet(null, line);
    }

    /** The reason, where there is one. */
    public Optional<String> first() {
        return Optional.ofNullable(first.get());
    }

    /** Whether the load is to stop. */
    public boolean any() {
        return first.get() != null;
    }
}
