package io.millrace.broker.partition;

/**
 * Hears of every advance of a partition's high watermark while this node leads it: the coordinators commit by it. Once
 * leadership is lost, or the partition stopped or failed, the listener is dropped for good and not called again.
 */
@FunctionalInterface
public interface HighWatermarkListener {
    /** Called in order, one call at a time, perhaps from inside an append; must not block. */
    void onHighWatermark(long offset);
}
