package io.millrace.log.scrub;

import io.millrace.log.checkpoint.PartitionName;

/** A segment of a data directory. The order is that of a pass: partition by partition, from the oldest segment on. */
public record ScrubPlace(PartitionName partition, long baseOffset) implements Comparable<ScrubPlace> {
    @Override
    public int compareTo(ScrubPlace other) {
        int byPartition = partition.compareTo(other.partition);
        return byPartition != 0 ? byPartition : Long.compare(baseOffset, other.baseOffset);
    }

    @Override
    public String toString() {
        return partition + " at offset " + baseOffset;
    }
}
