package io.millrace.broker.request;

import java.util.Map;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;

/**
 * The features that ApiVersions tells: what this node supports, and what the cluster has finalized.
 *
 * @param supported feature name to the range of levels this node can run
 * @param finalized feature name to the level in force; level 0 is left out of the answer
 * @param finalizedEpoch metadata offset of the finalized levels, -1 when unknown
 */
public record AdvertisedFeatures(
        Features<SupportedVersionRange> supported, Map<String, Short> finalized, long finalizedEpoch) {

    /** Nothing supported, nothing finalized. */
    public static final AdvertisedFeatures NONE =
            new AdvertisedFeatures(Features.emptySupportedFeatures(), Map.of(), -1L);
}
