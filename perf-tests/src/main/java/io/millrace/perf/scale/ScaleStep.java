package io.millrace.perf.scale;

import com.sun.management.OperatingSystemMXBean;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.PartitionLog;
import io.millrace.log.batch.RecordBatchBuilder;
import io.millrace.log.batch.RecordBatchDescriptor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One step with so many partitions, in a process of its own: {@code create}, {@code append} (and then wait to be killed), {@code
 * recover}, and {@code open}, which opens and closes what is there. Prints {@code name=value} lines; a name that ends in {@code Cpu} is
 * the processor time, in milliseconds, of what the line before it took.
 */
public final class ScaleStep {
    private static final int RECORD_BYTES = 1024;
    private static final long APPEND_NS = 2_000_000_000L;
    /** For so long the idle process is watched: two checkpoints of the high watermarks, ten rounds of the housekeeping. */
    private static final long IDLE_NS = 10_500_000_000L;

    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final LogConfig CONFIG = LogConfig.builder().retentionMs(-1).build();

    private final Path data;
    private final int partitions;

    private ScaleStep(Path data, int partitions) {
        this.data = data;
        this.partitions = partitions;
    }

    /** {@code <step> <data directory> <partitions>}. */
    public static void main(String[] arguments) throws Exception {
        ScaleStep step = new ScaleStep(Path.of(arguments[1]), Integer.parseInt(arguments[2]));
        try (LogRuntime runtime = LogRuntime.start()) {
            switch (arguments[0]) {
                case "create" -> step.create(runtime);
                case "append" -> step.append(runtime);
                case "recover" -> step.recover(runtime);
                case "open" -> step.openAndClose(runtime);
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }
    }

    private void create(LogRuntime runtime) throws IOException, InterruptedException {
        say("baseHandles", Probe.handles());
        say("baseMappings", Probe.mappings());
        say("baseHeapKib", Probe.heapKib());
        say("baseResidentKib", Probe.residentKib());
        LogDirectory directory = open(runtime);
        List<LogDirectory.NewLog> wanted = new ArrayList<>(partitions);
        for (int i = 0; i < partitions; i++) {
            wanted.add(new LogDirectory.NewLog("scale", i, 1, 2, CONFIG));
        }
        Stopwatch watch = new Stopwatch();
        directory.createAll(wanted);
        watch.say("create");
        if (directory.logCount() != partitions) {
            throw new IllegalStateException(directory.logCount() + " logs of " + partitions + " were made");
        }
        probe("idle");
        say("idleDiskBytes", Probe.diskBytes(data));
        long startNs = System.nanoTime();
        directory.housekeep(System.currentTimeMillis());
        say("housekeepFirstUs", microsSince(startNs));
        startNs = System.nanoTime();
        directory.housekeep(System.currentTimeMillis());
        say("housekeepUs", microsSince(startNs));
        watchIdle();
        watch = new Stopwatch();
        directory.close();
        watch.say("close");
    }

    /** What the process takes of a processor while nothing happens, in thousandths of one. */
    private static void watchIdle() throws InterruptedException {
        long startCpuNs = SYSTEM.getProcessCpuTime();
        long startNs = System.nanoTime();
        Thread.sleep(Duration.ofNanos(IDLE_NS).toMillis());
        long cpuNs = SYSTEM.getProcessCpuTime() - startCpuNs;
        say("idleCpuPermille", cpuNs * 1000 / (System.nanoTime() - startNs));
    }

    private void openAndClose(LogRuntime runtime) {
        Stopwatch watch = new Stopwatch();
        LogDirectory directory = open(runtime);
        watch.say("open");
        say("scannedBytes", directory.report().scannedBytes());
        watch = new Stopwatch();
        directory.close();
        watch.say("close");
    }

    private void append(LogRuntime runtime) throws IOException, InterruptedException {
        Stopwatch watch = new Stopwatch();
        LogDirectory directory = open(runtime);
        watch.say("cleanOpen");
        probe("opened");
        List<PartitionLog> logs = new ArrayList<>(directory.logs());
        logs.sort(Comparator.comparingInt(PartitionLog::partition));
        watch = new Stopwatch();
        appendInTurns(logs, logs.size(), Long.MAX_VALUE);
        watch.say("firstAppends"); // the first of a log writes and forces its leader epoch
        long appends = appendInTurns(logs, Long.MAX_VALUE, System.nanoTime() + APPEND_NS);
        say("appendsPerSecond", appends * 1_000_000_000L / APPEND_NS);
        probe("appended");
        say("appendedDiskBytes", Probe.diskBytes(data));
        System.out.println("ready");
        System.out.flush();
        Thread.sleep(Long.MAX_VALUE); // the parent kills
    }

    private static long appendInTurns(List<PartitionLog> logs, long appendsMax, long endNs) {
        RecordBatchBuilder builder = new RecordBatchBuilder(2 * RECORD_BYTES);
        AppendResult result = new AppendResult();
        ByteBuffer batch = builder.add(System.currentTimeMillis(), null, new byte[RECORD_BYTES])
                .build();
        long appends = 0;
        while (appends < appendsMax && (endNs == Long.MAX_VALUE || System.nanoTime() - endNs < 0)) {
            PartitionLog log = logs.get((int) (appends % logs.size()));
            batch.putLong(RecordBatchDescriptor.BASE_OFFSET, 0); // the last append has entered the one it got
            AppendStatus status = log.appendAsLeader(batch.duplicate(), 0, AppendOrigin.CLIENT, result);
            if (status != AppendStatus.APPENDED) {
                throw new IllegalStateException(log + ": " + status);
            }
            appends++;
        }
        return appends;
    }

    private void recover(LogRuntime runtime) throws IOException {
        Stopwatch watch = new Stopwatch();
        LogDirectory directory = open(runtime);
        watch.say("crashOpen");
        say("scannedBytes", directory.report().scannedBytes());
        probe("recovered");
        watch = new Stopwatch();
        directory.close();
        watch.say("closeAfterCrash");
        watch = new Stopwatch();
        LogDirectory again = open(runtime);
        watch.say("cleanOpenWithData");
        probe("reopened");
        watch = new Stopwatch();
        again.close();
        watch.say("closeUnchanged");
    }

    private LogDirectory open(LogRuntime runtime) {
        int threads = Runtime.getRuntime().availableProcessors();
        return LogDirectory.open(data, runtime, topic -> CONFIG, threads, LogListener.NONE);
    }

    private static void probe(String when) throws IOException {
        say(when + "Handles", Probe.handles());
        say(when + "Mappings", Probe.mappings());
        say(when + "HeapKib", Probe.heapKib());
        say(when + "ResidentKib", Probe.residentKib());
    }

    /** Wall time and processor time of the process since it was made. */
    private static final class Stopwatch {
        private final long startNs = System.nanoTime();
        private final long startCpuNs = SYSTEM.getProcessCpuTime();

        void say(String what) {
            ScaleStep.say(what + "Ms", (System.nanoTime() - startNs) / 1_000_000);
            ScaleStep.say(what + "Cpu", (SYSTEM.getProcessCpuTime() - startCpuNs) / 1_000_000);
        }
    }

    private static long microsSince(long startNs) {
        return (System.nanoTime() - startNs) / 1_000;
    }

    private static void say(String name, long value) {
        System.out.println(name + "=" + value);
    }
}
