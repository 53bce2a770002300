package io.millrace.broker.stat;

/**
 * The stamps of one request on the ordinary way. Written by whoever works on it, one after the other; waits end on any thread.
 * {@link System#nanoTime()} all.
 */
public final class RequestTimes {
    private final long receivedNs;
    private final long startedNs;
    private long checkNs;
    private long appendNs;
    private long syncNs;
    private long replicateNs;
    private long idleNs;

    /**
     * Begins.
     *
     * @param receivedNs when its last byte was read
     * @param startedNs when its turn came
     */
    public RequestTimes(long receivedNs, long startedNs) {
        this.receivedNs = receivedNs;
        this.startedNs = startedNs;
    }

    public long receivedNs() {
        return receivedNs;
    }

    public synchronized void checked(long ns) {
        checkNs += ns;
    }

    public synchronized void appended(long ns) {
        appendNs += ns;
    }

    /** A batch has waited for the disk, or for replicas; batches of one request wait side by side. */
    public synchronized void waited(boolean forDisk, long ns) {
        if (forDisk) {
            syncNs = Math.max(syncNs, ns);
        } else {
            replicateNs = Math.max(replicateNs, ns);
        }
    }

    /** The request has waited for something to happen, as its client wanted. */
    public synchronized void idle(long ns) {
        idleNs += ns;
    }

    /** What of the time until {@code endNs} was work on the request, and not waiting. */
    public synchronized long workNs(long endNs) {
        return Math.max(0, endNs - startedNs - Math.max(syncNs, replicateNs) - idleNs);
    }

    /** Puts the split into {@code stages}, by {@link Stage}; returns the whole. */
    synchronized long split(long endNs, long[] stages) {
        long totalNs = Math.max(0, endNs - receivedNs - idleNs);
        stages[Stage.QUEUE.index] = Math.max(0, startedNs - receivedNs);
        stages[Stage.CHECK.index] = checkNs;
        stages[Stage.APPEND.index] = appendNs;
        stages[Stage.SYNC.index] = syncNs;
        stages[Stage.REPLICATE.index] = replicateNs;
        long known = startedNs - receivedNs + checkNs + appendNs + syncNs + replicateNs;
        stages[Stage.RESPOND.index] = Math.max(0, totalNs - known);
        return totalNs;
    }
}
