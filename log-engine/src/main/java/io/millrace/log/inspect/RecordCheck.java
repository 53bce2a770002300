package io.millrace.log.inspect;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Looks at the records of one batch as they go by: offsets ascend within the batch's, no timestamp is above the header's. */
final class RecordCheck implements Consumer<LoggedRecord> {
    private final long base;
    private final long last;
    private final long maxTimestamp;
    private long firstOffset = -1;
    private long lastOffset = -1;
    private int count;
    private @Nullable String problem;

    RecordCheck(long base, long last, long maxTimestamp) {
        this.base = base;
        this.last = last;
        this.maxTimestamp = maxTimestamp;
    }

    @Override
    public void accept(LoggedRecord found) {
        // A batch whose base offset is to be mended counts its records from what it says itself.
        if (problem == null && count > 0 && found.offset() <= lastOffset) {
            problem = "record has offset " + found.offset() + " after " + lastOffset;
        } else if (problem == null && found.timestamp() > maxTimestamp) {
            problem = "record at offset " + found.offset() + " has timestamp " + found.timestamp()
                    + ", its batch says at most " + maxTimestamp;
        }
        firstOffset = count == 0 ? found.offset() : firstOffset;
        lastOffset = found.offset();
        count++;
    }

    /** After the last record: what is wrong, or null. */
    @Nullable
    String end(int countOfHeader) {
        if (problem == null && count != countOfHeader) {
            return "batch has " + count + " records, its header says " + countOfHeader;
        }
        boolean outside = count > 0 && lastOffset - firstOffset > last - base;
        return problem == null && outside ? "records go beyond the batch's last offset " + last : problem;
    }

    int count() {
        return count;
    }

    long firstOffset() {
        return firstOffset;
    }

    long lastOffset() {
        return lastOffset;
    }
}
