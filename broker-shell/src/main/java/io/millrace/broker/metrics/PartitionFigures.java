package io.millrace.broker.metrics;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.log.PartitionLog;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * What the partitions of this node hold and have moved, under the names that Kafka's dashboards read from the JMX exporter. Stateless; the
 * partitions are looked at once for each scrape.
 */
final class PartitionFigures {
    /** What one topic has moved since its partitions came to this node. */
    private static final class Moved {
        private long records;
        private long bytesIn;
        private long bytesOut;
    }

    private final PartitionRegistry partitions;

    PartitionFigures(PartitionRegistry partitions) {
        this.partitions = partitions;
    }

    List<MetricSnapshot> collect() {
        List<Partition> all = new ArrayList<>();
        partitions.forEach(all::add);
        List<MetricSnapshot> figures = new ArrayList<>();
        addCounts(all, figures);
        addLogs(all.stream().filter(Partition::isOnline).toList(), figures);
        addMoved(all.stream().filter(Partition::isOnline).toList(), figures);
        return figures;
    }

    private static void addCounts(List<Partition> all, List<MetricSnapshot> figures) {
        List<Partition> led = all.stream().filter(Partition::isLeader).toList();
        figures.add(gauge("kafka_server_replicamanager_partitioncount", "Replicas on this node.", all.size()));
        figures.add(gauge("kafka_server_replicamanager_leadercount", "Partitions that this node leads.", led.size()));
        figures.add(gauge(
                "kafka_server_replicamanager_underreplicatedpartitions",
                "Partitions led here with replicas out of sync.",
                (double) led.stream()
                        .filter(p ->
                                p.state().isr().size() < p.state().replicas().size())
                        .count()));
        figures.add(gauge(
                "kafka_server_replicamanager_underminisrpartitioncount",
                "Partitions led here that refuse acks=all.",
                (double) led.stream().filter(p -> !p.hasEnoughInSyncReplicas()).count()));
        figures.add(gauge(
                "kafka_server_replicamanager_offlinereplicacount",
                "Replicas here whose log is not open or has failed.",
                (double) all.stream().filter(p -> !p.isOnline()).count()));
    }

    private static void addLogs(List<Partition> online, List<MetricSnapshot> figures) {
        figures.add(ofLogs(online, "kafka_log_log_size", "Bytes of the log's segments.", PartitionLog::sizeBytes));
        figures.add(ofLogs(online, "kafka_log_log_numlogsegments", "Segments.", PartitionLog::segmentCount));
        figures.add(ofLogs(
                online, "kafka_log_log_logstartoffset", "First offset that is kept.", PartitionLog::logStartOffset));
        figures.add(ofLogs(online, "kafka_log_log_logendoffset", "Next offset.", PartitionLog::logEndOffset));
    }

    private static MetricSnapshot ofLogs(
            List<Partition> online, String name, String help, ToLongFunction<PartitionLog> value) {
        GaugeSnapshot.Builder figure = GaugeSnapshot.builder().name(name).help(help);
        online.forEach(partition -> figure.dataPoint(GaugeDataPointSnapshot.builder()
                .labels(Labels.of("topic", partition.topic(), "partition", Integer.toString(partition.partition())))
                .value((double) value.applyAsLong(partition.log()))
                .build()));
        return figure.build();
    }

    private static void addMoved(List<Partition> online, List<MetricSnapshot> figures) {
        Map<String, Moved> topics = new TreeMap<>();
        for (Partition partition : online) {
            Moved moved = topics.computeIfAbsent(partition.topic(), unused -> new Moved());
            moved.records += partition.log().appendedRecords();
            moved.bytesIn += partition.log().appendedBytes();
            moved.bytesOut += partition.servedBytes();
        }
        figures.add(
                ofTopics(topics, "messagesin", "Records that producers have appended here.", moved -> moved.records));
        figures.add(ofTopics(topics, "bytesin", "Bytes that producers have appended here.", moved -> moved.bytesIn));
        figures.add(ofTopics(topics, "bytesout", "Bytes answered to consumers.", moved -> moved.bytesOut));
    }

    private static MetricSnapshot ofTopics(
            Map<String, Moved> topics, String what, String help, ToLongFunction<Moved> value) {
        CounterSnapshot.Builder figure = CounterSnapshot.builder()
                .name("kafka_server_brokertopicmetrics_" + what)
                .help(help);
        topics.forEach((topic, moved) -> figure.dataPoint(CounterDataPointSnapshot.builder()
                .labels(Labels.of("topic", topic))
                .value((double) value.applyAsLong(moved))
                .build()));
        return figure.build();
    }

    static MetricSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(GaugeDataPointSnapshot.builder().value(value).build())
                .build();
    }
}
