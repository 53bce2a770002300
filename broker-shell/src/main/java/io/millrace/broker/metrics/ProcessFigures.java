package io.millrace.broker.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** What the JVM uses, under the names of Prometheus' own Java client. Stateless. */
final class ProcessFigures {
    private ProcessFigures() {}

    static List<MetricSnapshot> collect() {
        List<MetricSnapshot> figures = new ArrayList<>();
        var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        figures.add(PartitionFigures.gauge("jvm_memory_heap_used_bytes", "Heap in use.", (double) heap.getUsed()));
        figures.add(PartitionFigures.gauge("jvm_memory_heap_max_bytes", "Largest heap.", (double) heap.getMax()));
        figures.add(PartitionFigures.gauge(
                "jvm_threads_current",
                "Threads of the JVM.",
                ManagementFactory.getThreadMXBean().getThreadCount()));
        figures.add(PartitionFigures.gauge(
                "process_start_time_seconds",
                "When the process began, seconds since the epoch.",
                ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3));
        CounterSnapshot.Builder pauses =
                CounterSnapshot.builder().name("jvm_gc_collection_seconds").help("Time in collections.");
        CounterSnapshot.Builder counts =
                CounterSnapshot.builder().name("jvm_gc_collections").help("Collections.");
        ManagementFactory.getGarbageCollectorMXBeans().forEach(collector -> {
            Labels labels = Labels.of("gc", collector.getName());
            pauses.dataPoint(CounterDataPointSnapshot.builder()
                    .labels(labels)
                    .value(Math.max(0, collector.getCollectionTime()) / 1e3)
                    .build());
            counts.dataPoint(CounterDataPointSnapshot.builder()
                    .labels(labels)
                    .value((double) Math.max(0, collector.getCollectionCount()))
                    .build());
        });
        figures.add(pauses.build());
        figures.add(counts.build());
        return figures;
    }
}
