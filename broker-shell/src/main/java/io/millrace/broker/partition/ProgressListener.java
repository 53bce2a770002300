package io.millrace.broker.partition;

/** Waits for a partition to move on. Called on the thread that moved it: short, no blocking, no exception. */
@FunctionalInterface
public interface ProgressListener {
    /** Value for bytes when it is not known how much has become readable. */
    long UNKNOWN_BYTES = Long.MAX_VALUE;

    /**
     * Something that waits may care for has changed: high watermark, leadership, or the log has failed.
     *
     * @param newBytes bytes that have become readable, or {@link #UNKNOWN_BYTES}
     */
    void onProgress(Partition partition, long newBytes);
}
