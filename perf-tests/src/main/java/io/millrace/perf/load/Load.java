package io.millrace.perf.load;

import java.util.Optional;

/** Threads that load a broker from {@link #start} to {@link #close}. Owned by the thread that runs the measurement. */
public interface Load extends AutoCloseable {
    /** Starts the threads; they count in probes made before. */
    void start() throws LoadFailure;

    /** Why it has stopped by itself, in one line. */
    Optional<String> failure();

    /** Stops the threads and waits for them. */
    @Override
    void close();
}
