package io.millrace.log.inspect;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Takes a batch apart. The seam for those who have codecs. Used by one thread. */
@FunctionalInterface
public interface RecordWalker {
    /** Takes uncompressed batches apart; of a compressed one it says so. */
    static RecordWalker plain() {
        return new PlainRecords();
    }

    /**
     * Shows every record of a whole, sound batch.
     *
     * @param buffer holds the batch; not kept
     * @param at where it begins
     * @param sink sees the records, in order
     * @return why the walk ended before the last one, or null
     */
    @Nullable
    String walk(ByteBuffer buffer, int at, Consumer<LoggedRecord> sink);
}
