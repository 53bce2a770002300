package io.millrace.broker.partition;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The high watermark listeners of one partition. One lock, so that calls are in order and none comes after
 * {@link #retire()}; a listener may append to the same partition from inside its call.
 */
final class HighWatermarkListeners {
    private static final Logger LOG = LoggerFactory.getLogger(HighWatermarkListeners.class);

    private final List<HighWatermarkListener> listeners = new ArrayList<>();
    private volatile boolean none = true;
    private long lastTold = -1;

    synchronized void add(HighWatermarkListener listener) {
        listeners.add(listener);
        none = false;
    }

    synchronized void remove(HighWatermarkListener listener) {
        listeners.remove(listener);
        none = listeners.isEmpty();
    }

    /** Drops all; none is called once this has returned. */
    synchronized void retire() {
        listeners.clear();
        none = true;
        lastTold = -1;
    }

    void advanced(long highWatermark) {
        if (!none) {
            tell(highWatermark);
        }
    }

    private synchronized void tell(long highWatermark) {
        if (highWatermark <= lastTold) {
            return; // another append has told a later one
        }
        lastTold = highWatermark;
        for (HighWatermarkListener listener : listeners.toArray(new HighWatermarkListener[0])) {
            tell(listener, highWatermark);
        }
    }

    private static void tell(HighWatermarkListener listener, long highWatermark) {
        try {
            listener.onHighWatermark(highWatermark);
        } catch (RuntimeException e) {
            LOG.error("high watermark listener failed", e);
        }
    }
}
