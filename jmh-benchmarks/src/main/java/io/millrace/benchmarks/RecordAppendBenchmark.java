package io.millrace.benchmarks;

import io.millrace.library.Appender;
import io.millrace.library.LogStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What does the append of one record cost a program that links the library, the batch around it made, checksummed and copied? Beside
 * Chronicle Queue's {@code writeBytes} and an offer to Aeron Archive, which keep no checksum.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class RecordAppendBenchmark extends PeerBenchmark {
    /** Where to append. */
    @Param({"millrace", "queue", "archive"})
    public String target = "";

    /** Bytes of the record's value. */
    @Param({"100", "1024"})
    public int bytes;

    private ScratchDirectory directory;
    private AppendTarget open;

    /** An empty log for each iteration, so that the disk does not fill. */
    @Setup(Level.Iteration)
    public void openLog() throws IOException {
        directory = ScratchDirectory.create();
        ByteBuffer value = ByteBuffer.allocate(bytes);
        open = target.equals("millrace")
                ? new LibraryTarget(directory.path(), value)
                : AppendTarget.open(target, directory.path(), value);
    }

    /** Removes it. */
    @TearDown(Level.Iteration)
    public void removeLog() throws IOException {
        open.close();
        directory.close();
    }

    /** One append. */
    @Benchmark
    public long append() throws IOException {
        return open.append();
    }

    /** A log of the library's. */
    private static final class LibraryTarget implements AppendTarget {
        private final LogStore store;
        private final Appender appender;
        private final ByteBuffer value;

        LibraryTarget(Path directory, ByteBuffer value) {
            store = LogStore.open(directory.resolve("store"));
            appender = store.log("records").appender();
            this.value = Batches.directCopy(value);
        }

        @Override
        public long append() {
            return appender.append(value);
        }

        @Override
        public void close() {
            appender.close();
            store.close();
        }
    }
}
