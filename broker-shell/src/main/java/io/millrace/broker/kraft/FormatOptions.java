package io.millrace.broker.kraft;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * The choices that formatting leaves open.
 *
 * @param clusterId the cluster's id; a fresh one where empty
 * @param voters who the first voters of the quorum are
 * @param initialControllers {@code id@host:port:directoryId} of each first voter, for {@link Voters#GIVEN} only
 * @param release the metadata version to start with; the newest where empty
 * @param features levels of single features that differ from the release's
 * @param scram users to create, in the form of {@code kafka-storage format --add-scram}
 * @param ignoreFormatted whether directories that are formatted already are left as they are, instead of refused
 */
public record FormatOptions(
        Optional<String> clusterId,
        Voters voters,
        String initialControllers,
        Optional<MetadataVersion> release,
        Map<String, Short> features,
        List<String> scram,
        boolean ignoreFormatted) {

    /** Who votes first. */
    public enum Voters {
        /** From the settings: static voters, observer where bootstrap servers point elsewhere, else this node alone. */
        FROM_SETTINGS,
        /** This node alone. */
        STANDALONE,
        /** Those of the option. */
        GIVEN,
        /** Nobody here: this node joins an existing quorum. */
        NONE
    }

    /** What a node does by itself at its first start. */
    public static FormatOptions automatic(Optional<String> clusterId) {
        return new FormatOptions(clusterId, Voters.FROM_SETTINGS, "", Optional.empty(), Map.of(), List.of(), true);
    }
}
