package io.millrace.broker.admin;

import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerEndpoint;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerEndpointCollection;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.server.common.KRaftVersion;
import org.apache.kafka.server.common.MetadataVersion;

/** A metadata cache filled by the records that a controller would write. */
public final class TestMetadata {
    public static final int NODE_ID = 1;

    private final KRaftMetadataCache cache = new KRaftMetadataCache(NODE_ID, () -> KRaftVersion.KRAFT_VERSION_1);
    private MetadataImage image = MetadataImage.EMPTY;
    private MetadataDelta lastDelta;
    private long offset;

    public TestMetadata() {
        apply(new FeatureLevelRecord()
                .setName(MetadataVersion.FEATURE_NAME)
                .setFeatureLevel(MetadataVersion.latestProduction().featureLevel()));
    }

    public KRaftMetadataCache cache() {
        return cache;
    }

    public MetadataImage image() {
        return image;
    }

    public MetadataDelta lastDelta() {
        return lastDelta;
    }

    public TestMetadata broker(int id, boolean fenced) {
        BrokerEndpointCollection endpoints = new BrokerEndpointCollection();
        endpoints.add(new BrokerEndpoint()
                .setName(TestRequest.LISTENER.value())
                .setHost("host" + id)
                .setPort(9092)
                .setSecurityProtocol((short) 0));
        return apply(new RegisterBrokerRecord()
                .setBrokerId(id)
                .setBrokerEpoch(offset)
                .setFenced(fenced)
                .setLogDirs(List.of(new Uuid(7, id)))
                .setEndPoints(endpoints));
    }

    public TestMetadata topic(String name, Uuid id, int partitions, int... replicas) {
        apply(new TopicRecord().setName(name).setTopicId(id));
        List<Integer> list = Arrays.stream(replicas).boxed().toList();
        for (int p = 0; p < partitions; p++) {
            apply(new PartitionRecord()
                    .setTopicId(id)
                    .setPartitionId(p)
                    .setReplicas(list)
                    .setIsr(list)
                    .setDirectories(list.stream().map(r -> new Uuid(7, r)).toList())
                    .setLeader(replicas[0])
                    .setLeaderEpoch(3)
                    .setPartitionEpoch(4));
        }
        return this;
    }

    public TestMetadata config(ConfigResource.Type type, String resource, String name, String value) {
        return apply(new ConfigRecord()
                .setResourceType(type.id())
                .setResourceName(resource)
                .setName(name)
                .setValue(value));
    }

    private TestMetadata apply(ApiMessage entry) {
        lastDelta = new MetadataDelta.Builder().setImage(image).build();
        lastDelta.replay(entry);
        image = lastDelta.apply(new MetadataProvenance(offset++, 1, 0, true));
        cache.setImage(image);
        return this;
    }
}
