package io.millrace.broker.partition;

import java.util.Arrays;

/**
 * The fetches of followers that wait for records: few, and told of every append. An array that is replaced as a whole, so that telling
 * makes nothing.
 */
final class EndListeners {
    private static final ProgressListener[] NONE = {};

    private volatile ProgressListener[] listeners = NONE;

    synchronized void add(ProgressListener listener) {
        ProgressListener[] next = Arrays.copyOf(listeners, listeners.length + 1);
        next[next.length - 1] = listener;
        listeners = next;
    }

    synchronized void remove(ProgressListener listener) {
        listeners = Arrays.stream(listeners).filter(each -> each != listener).toArray(ProgressListener[]::new);
    }

    void tell(Partition partition, long newBytes) {
        for (ProgressListener listener : listeners) {
            listener.onProgress(partition, newBytes);
        }
    }
}
