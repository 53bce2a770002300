package io.millrace.broker.node;

import io.millrace.broker.kraft.ControlPlane;
import io.millrace.broker.request.AdvertisedFeatures;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.server.BrokerFeatures;
import org.apache.kafka.server.common.FinalizedFeatures;
import org.jspecify.annotations.Nullable;

/**
 * The features that ApiVersions tells: what this version of the node supports, and what the cluster has finalized.
 *
 * <p>Asked on event loops, from before the first metadata is known.
 */
final class FeatureSource implements Supplier<AdvertisedFeatures> {
    private final Features<SupportedVersionRange> supported = BrokerFeatures.defaultSupportedFeatures(false);
    private volatile @Nullable KRaftMetadataCache metadata;

    /** From now on the finalized features are those of this metadata. */
    void follow(ControlPlane plane, boolean broker) {
        metadata = broker ? plane.metadata() : plane.replayed();
    }

    @Override
    public AdvertisedFeatures get() {
        KRaftMetadataCache known = metadata;
        if (known == null || known.getImage().features().metadataVersion().isEmpty()) {
            return new AdvertisedFeatures(supported, Map.of(), -1);
        }
        FinalizedFeatures features = known.features();
        return new AdvertisedFeatures(supported, features.finalizedFeatures(), features.finalizedFeaturesEpoch());
    }
}
