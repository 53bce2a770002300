package io.millrace.perf.scale;

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
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One step with so many partitions, in a process of its own: {@code create}, {@code append} (and then wait to be killed), {@code
 * recover}. Prints {@code name=value} lines.
 */
public final class ScaleStep {
    private static final int RECORD_BYTES = 1024;
    private static final long APPEND_NS = 2_000_000_000L;
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
        long startNs = System.nanoTime();
        directory.createAll(wanted);
        say("createMs", millisSince(startNs));
        probe("idle");
        say("idleDiskBytes", Probe.diskBytes(data));
        startNs = System.nanoTime();
        directory.housekeep(System.currentTimeMillis());
        say("housekeepFirstUs", microsSince(startNs));
        startNs = System.nanoTime();
        directory.housekeep(System.currentTimeMillis());
        say("housekeepUs", microsSince(startNs));
        startNs = System.nanoTime();
        directory.close();
        say("closeMs", millisSince(startNs));
    }

    private void append(LogRuntime runtime) throws IOException, InterruptedException {
        long startNs = System.nanoTime();
        LogDirectory directory = open(runtime);
        say("cleanOpenMs", millisSince(startNs));
        probe("opened");
        List<PartitionLog> logs = new ArrayList<>(directory.logs());
        logs.sort(Comparator.comparingInt(PartitionLog::partition));
        startNs = System.nanoTime();
        appendInTurns(logs, logs.size(), Long.MAX_VALUE);
        say("firstAppendsMs", millisSince(startNs)); // the first of a log writes and forces its leader epoch
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
        long startNs = System.nanoTime();
        LogDirectory directory = open(runtime);
        say("crashOpenMs", millisSince(startNs));
        say("scannedBytes", directory.report().scannedBytes());
        probe("recovered");
        startNs = System.nanoTime();
        directory.close();
        say("closeAfterCrashMs", millisSince(startNs));
        startNs = System.nanoTime();
        LogDirectory again = open(runtime);
        say("cleanOpenWithDataMs", millisSince(startNs));
        probe("reopened");
        again.close();
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

    private static long millisSince(long startNs) {
        return (System.nanoTime() - startNs) / 1_000_000;
    }

    private static long microsSince(long startNs) {
        return (System.nanoTime() - startNs) / 1_000;
    }

    private static void say(String name, long value) {
        System.out.println(name + "=" + value);
    }
}
