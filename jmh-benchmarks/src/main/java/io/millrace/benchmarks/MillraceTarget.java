package io.millrace.benchmarks;

import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.LogConfig;
import io.millrace.log.LogRuntime;
import io.millrace.log.OpenState;
import io.millrace.log.PartitionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Our log, as the broker opens it, with the defaults of a broker or with a size limit; batches come from a direct buffer, as from Netty. */
final class MillraceTarget implements AppendTarget {
    private final LogRuntime runtime = LogRuntime.start();
    private final PartitionLog log;
    private final ByteBuffer batch;
    private final AppendResult result = new AppendResult();
    private final boolean limited;

    /** A limited log deletes as it rolls, by itself; it is to be told that what was appended is committed. */
    MillraceTarget(Path directory, ByteBuffer batch, boolean limited) {
        this.limited = limited;
        LogConfig.Builder config = LogConfig.builder().maxMessageBytes(2 << 20);
        if (limited) {
            config.segmentBytes(LIMITED_SEGMENT_BYTES).retentionBytes(LIMITED_BYTES);
        }
        this.log = PartitionLog.open(directory.resolve("millrace-0"), config.build(), runtime, OpenState.UNKNOWN);
        this.batch = Batches.directCopy(batch);
    }

    /** The log patches the base offset in place; a producer's batch comes with 0. */
    @Override
    public long append() throws IOException {
        batch.putLong(0, 0);
        AppendStatus status = log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result);
        if (status != AppendStatus.APPENDED) {
            throw new IOException(status + " " + result.message());
        }
        if (limited) {
            log.advanceHighWatermark(result.lastOffset() + 1);
        }
        return result.lastOffset();
    }

    PartitionLog log() {
        return log;
    }

    @Override
    public void close() {
        log.close();
        runtime.close();
    }
}
