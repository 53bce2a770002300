package io.millrace.log.inspect;

import io.millrace.log.inspect.PartitionFiles.SegmentPath;
import java.nio.file.Path;
import java.util.List;

/**
 * What a look at a whole partition found.
 *
 * @param files what was looked at
 * @param batches sound batches
 * @param records records in them, by their headers; by counting where records were looked at
 * @param firstOffset offset of the first record, -1 where there is none
 * @param lastOffset offset of the last record, -1 where there is none
 * @param endOffset the offset after the last batch, -1 in a partition without segments
 * @param maxTimestamp largest timestamp, -1 where there is none
 * @param bytes bytes of sound batches
 * @param spareBytes zeros behind them, which a process that was killed leaves
 * @param knownOffset everything below is known to have been on the disk, as far as the files tell
 * @param problems what is wrong, in the order it was found
 * @param damages bytes that are no sound batch
 * @param mends header fields whose right value is known
 * @param gaps places in the last segment where offsets are missing
 * @param doubtful side files that cannot be relied on and can be made anew from the batches
 */
public record PartitionReport(
        PartitionFiles files,
        long batches,
        long records,
        long firstOffset,
        long lastOffset,
        long endOffset,
        long maxTimestamp,
        long bytes,
        long spareBytes,
        long knownOffset,
        List<Problem> problems,
        List<Damage> damages,
        List<Mend> mends,
        List<Gap> gaps,
        List<Path> doubtful) {

    /**
     * Bytes of a segment that are no sound batch.
     *
     * @param segment where
     * @param from first byte
     * @param to behind the last byte: where a sound batch follows, or the end of the file
     * @param firstOffset the offset that was next
     * @param nextOffset base offset of the sound batch that follows, -1 where none does
     * @param badBytes bytes up to the last one that is not zero
     * @param why what is wrong with them
     */
    public record Damage(
            SegmentPath segment, long from, long to, long firstOffset, long nextOffset, long badBytes, String why) {}

    /**
     * A header field that says something else than the batches around it.
     *
     * @param segment where
     * @param position byte position of the field
     * @param size bytes of the field, 4 or 8
     * @param field its name
     * @param found what it says
     * @param right what it has to say
     * @param offset base offset of the batch, as it has to be
     */
    public record Mend(
            SegmentPath segment, long position, int size, String field, long found, long right, long offset) {}

    /**
     * A batch of the last segment in front of which offsets are missing.
     *
     * @param segment where
     * @param position byte position of the batch
     * @param expected the offset that was next
     * @param baseOffset the batch's
     */
    public record Gap(SegmentPath segment, long position, long expected, long baseOffset) {}

    /** Keeps the lists as they are. */
    public PartitionReport {
        problems = List.copyOf(problems);
        damages = List.copyOf(damages);
        mends = List.copyOf(mends);
        gaps = List.copyOf(gaps);
        doubtful = List.copyOf(doubtful);
    }

    /** Whether nothing is wrong. */
    public boolean isSound() {
        return problems.isEmpty();
    }
}
