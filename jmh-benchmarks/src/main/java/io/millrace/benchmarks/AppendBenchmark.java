package io.millrace.benchmarks;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does the append of one prepared batch to one partition cost, what does it allocate, and how long can one take? The
 * same batches go to Apache Kafka's log, to Chronicle Queue, to Aeron Archive, to a bare channel and to Chronicle Bytes; a ring of
 * prepared pages is the limit. Every iteration starts an empty log.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        // Chronicle and Aeron need them; nothing of ours does.
        jvmArgsAppend = {
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-exports=jdk.unsupported/sun.misc=ALL-UNNAMED",
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "--add-opens=java.base/java.io=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-opens=java.base/java.util=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"
        })
public class AppendBenchmark {
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
