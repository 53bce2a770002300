package io.millrace.broker.node;

import io.millrace.broker.config.ListenerSpec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a node found and did while it started: the part of the start report that the settings do not say.
 *
 * @param clusterId    id of the cluster the node belongs to.
 * @param formattedNow whether the data directory was empty and has been formatted by this start.
 * @param listeners    where the node listens, with the ports that were bound.
 * @param advertised   what clients and peers are told, with the ports that were bound.
 * @param recovery     what opening the partitions found.
 * @param schemaRegistry where the schema registry listens, with the port that was bound; empty for a node without one.
 * @param metrics      where monitoring asks, with the port that was bound; empty for a node that is not monitored so.
 * @param startTook    from the start of the process, or of {@code Node.start}, to being ready for clients.
 */
public record NodeFacts(
        String clusterId,
        boolean formattedNow,
        List<ListenerSpec> listeners,
        List<ListenerSpec> advertised,
        RecoverySummary recovery,
        Optional<ListenerSpec> schemaRegistry,
        Optional<ListenerSpec> metrics,
        Duration startTook) {

    /**
     * What opening the partitions found.
     *
     * @param partitions          how many were opened.
     * @param clean               whether the last stop was a clean one, so that nothing had to be read.
     * @param recoveredPartitions how many had to be scanned.
     * @param scannedBytes        how much was read for that.
     * @param truncations         one line for each torn tail that was cut: partition, offset, bytes, reason.
     */
    public record RecoverySummary(
            int partitions, boolean clean, int recoveredPartitions, long scannedBytes, List<String> truncations) {}
}
