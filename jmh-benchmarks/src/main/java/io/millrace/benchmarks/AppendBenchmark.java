package io.millrace.benchmarks;

import java.io.IOException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What does the append of one prepared batch to one partition cost, what does it allocate, and how long can one take? The
 * same batches go to Apache Kafka's log, to Chronicle Queue, to Aeron Archive, to a bare channel and to Chronicle Bytes; a ring of
 * prepared pages is the limit. Every iteration starts an empty log. A {@code -limited} log has segments of 64 MiB, of which it keeps
 * four: there Millrace puts the next batches into the files of those it deletes.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class AppendBenchmark extends PeerBenchmark {
    /** Where to append: see {@link AppendTarget}. */
    @Param({"millrace", "ring", "kafka", "channel", "queue", "archive", "chronicle"})
    public String target = "";

    /** What to append: see {@link Batches}. */
    @Param({"1x100", "1x1024", "100x100", "16KiB", "1MiB"})
    public String batch = "";

    private ScratchDirectory directory;
    private AppendTarget open;

    /** An empty log for each iteration, so that the disk does not fill. */
    @Setup(Level.Iteration)
    public void openLog() throws IOException {
        directory = ScratchDirectory.create();
        open = AppendTarget.open(target, directory.path(), Batches.of(batch));
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
}
