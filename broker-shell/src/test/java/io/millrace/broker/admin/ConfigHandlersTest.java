package io.millrace.broker.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.kraft.Forwarder;
import io.millrace.broker.kraft.KraftConfig;
import io.millrace.broker.request.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.ListConfigResourcesRequest;
import org.junit.jupiter.api.Test;

class ConfigHandlersTest {
    private final TestMetadata metadata = new TestMetadata().broker(1, false).topic("orders", new Uuid(1, 1), 1, 1);
    private final EffectiveConfigs configs = new EffectiveConfigs(
            1,
            KraftConfig.of(Map.ofEntries(
                    Map.entry("process.roles", "broker,controller"),
                    Map.entry("node.id", "1"),
                    Map.entry("controller.quorum.voters", "1@127.0.0.1:9093"),
                    Map.entry("listeners", "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"),
                    Map.entry("controller.listener.names", "CONTROLLER"),
                    Map.entry("log.dirs", "/tmp/none"),
                    Map.entry("log.retention.hours", "24"),
                    Map.entry("log.segment.bytes", "20971520"),
                    Map.entry("ssl.key.password", "secret"),
                    Map.entry("millrace.sync.acks", "true"))),
            metadata.cache());
    private final RecordingForwarder forwarder = new RecordingForwarder();

    @Test
    void topicInheritsFromTheBrokerAndShowsTheWholeLine() {
        DescribeConfigsResult orders = describe(ConfigResource.Type.TOPIC, "orders");
        DescribeConfigsResourceResult segment = entry(orders, "segment.bytes");
        assertEquals("20971520", segment.value());
        assertEquals(ConfigSource.STATIC_BROKER_CONFIG.id(), segment.configSource());
        assertEquals(List.of("log.segment.bytes", "log.segment.bytes"), names(segment.synonyms()));
        assertEquals("86400000", entry(orders, "retention.ms").value(), "given in hours");
    }

    @Test
    void topicOverrideComesFirst() {
        metadata.config(ConfigResource.Type.TOPIC, "orders", "retention.ms", "5");
        DescribeConfigsResourceResult retention = entry(describe(ConfigResource.Type.TOPIC, "orders"), "retention.ms");
        assertEquals("5", retention.value());
        assertEquals(ConfigSource.TOPIC_CONFIG.id(), retention.configSource());
        assertEquals("retention.ms", retention.synonyms().get(0).name());
        assertNotNull(retention.documentation());
    }

    @Test
    void unknownTopicIsTold() {
        DescribeConfigsResult result = describe(ConfigResource.Type.TOPIC, "nope");
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION.code(), result.errorCode());
    }

    @Test
    void brokerShowsSourcesAndHidesSecrets() {
        DescribeConfigsResult broker = describe(ConfigResource.Type.BROKER, "1");
        DescribeConfigsResourceResult hours = entry(broker, "log.retention.hours");
        assertEquals("24", hours.value());
        assertEquals(ConfigSource.STATIC_BROKER_CONFIG.id(), hours.configSource());
        DescribeConfigsResourceResult password = entry(broker, "ssl.key.password");
        assertTrue(password.isSensitive());
        assertNull(password.value());
        assertNull(password.synonyms().get(0).value());
        assertEquals("true", entry(broker, "millrace.sync.acks").value());
        assertTrue(entry(broker, "log.dirs").readOnly());
        assertTrue(entry(broker, "listeners").readOnly(), "this broker does not move its listeners");
        assertFalse(entry(broker, "log.retention.ms").readOnly());
    }

    @Test
    void dynamicDefaultsLieBetweenStaticAndPerBroker() {
        metadata.config(ConfigResource.Type.BROKER, "", "log.retention.ms", "1000");
        DescribeConfigsResourceResult retention = entry(describe(ConfigResource.Type.BROKER, "1"), "log.retention.ms");
        assertEquals("1000", retention.value());
        assertEquals(ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG.id(), retention.configSource());
        assertEquals(1000, configs.topic("orders").retentionMs);

        metadata.config(ConfigResource.Type.BROKER, "1", "log.retention.ms", "2000");
        assertEquals(2000, configs.topic("orders").retentionMs);
        assertEquals(1, describe(ConfigResource.Type.BROKER, "").configs().size());
    }

    @Test
    void invalidDynamicValueIsLeftOut() {
        metadata.config(ConfigResource.Type.BROKER, "1", "log.retention.ms", "soon");
        assertEquals(86_400_000, configs.topic("orders").retentionMs);
    }

    @Test
    void otherBrokerIsRefused() {
        assertEquals(
                Errors.INVALID_REQUEST.code(),
                describe(ConfigResource.Type.BROKER, "2").errorCode());
        assertEquals(
                Errors.INVALID_REQUEST.code(),
                describe(ConfigResource.Type.BROKER, "x").errorCode());
    }

    @Test
    void groupInheritsFromTheCoordinatorsSettings() {
        metadata.config(ConfigResource.Type.GROUP, "g", "consumer.session.timeout.ms", "46000");
        DescribeConfigsResult group = describe(ConfigResource.Type.GROUP, "g");
        assertEquals("46000", entry(group, "consumer.session.timeout.ms").value());
        assertEquals(
                ConfigSource.GROUP_CONFIG.id(),
                entry(group, "consumer.session.timeout.ms").configSource());
        assertEquals("5000", entry(group, "consumer.heartbeat.interval.ms").value());
    }

    @Test
    void topicChangesGoToTheController() {
        alter(ConfigResource.Type.TOPIC, "orders", set("retention.ms", "7"));
        assertEquals(1, forwarder.forwarded.size());
    }

    @Test
    void refusalsAndTheControllersAnswerComeInOneResponse() {
        IncrementalAlterConfigsRequestData data = new IncrementalAlterConfigsRequestData();
        data.resources().add(resource(ConfigResource.Type.BROKER, "2", set("log.retention.ms", "7")));
        data.resources().add(resource(ConfigResource.Type.TOPIC, "orders", set("retention.ms", "7")));
        List<AlterConfigsResourceResponse> responses = alter(data);

        assertEquals(List.of(Errors.INVALID_REQUEST.code(), Errors.NONE.code()), codes(responses));
        assertEquals(
                1,
                ((IncrementalAlterConfigsRequestData) forwarder.forwarded.get(0))
                        .resources()
                        .size());
    }

    @Test
    void badBrokerChangesAreRefusedHere() {
        assertEquals(
                Errors.INVALID_REQUEST, alterError(ConfigResource.Type.BROKER, "1", set("log.retention.ms", "soon")));
        assertEquals(Errors.INVALID_REQUEST, alterError(ConfigResource.Type.BROKER, "1", set("node.id", "7")));
        assertEquals(
                Errors.INVALID_REQUEST,
                alterError(ConfigResource.Type.BROKER, "1", set("listeners", "PLAINTEXT://:1")));
        assertEquals(Errors.INVALID_REQUEST, alterError(ConfigResource.Type.UNKNOWN, "1", set("a", "7")));
        assertEquals(0, forwarder.forwarded.size());
    }

    @Test
    void logLevelsChangeHere() {
        String logger = "io.millrace.test.levels";
        java.util.logging.Logger held = java.util.logging.Logger.getLogger(logger);
        assertEquals(Errors.NONE, alterError(ConfigResource.Type.BROKER_LOGGER, "1", set(logger, "DEBUG")));
        assertEquals(java.util.logging.Level.FINE, held.getLevel());
        assertEquals(
                "DEBUG",
                entry(describe(ConfigResource.Type.BROKER_LOGGER, "1"), logger).value());
        assertEquals(
                Errors.INVALID_CONFIG, alterError(ConfigResource.Type.BROKER_LOGGER, "1", set("no.such", "DEBUG")));
    }

    @Test
    void resourcesAreListed() {
        metadata.config(ConfigResource.Type.GROUP, "g", "consumer.session.timeout.ms", "46000");
        ListConfigResourcesRequestData data = new ListConfigResourcesRequestData();
        ListConfigResourcesResponseData response = TestRequest.ask(
                handlers()::registerOn,
                new ListConfigResourcesRequest.Builder(data),
                ListConfigResourcesResponseData.class);
        List<String> found = response.configResources().stream()
                .map(r -> ConfigResource.Type.forId(r.resourceType()) + " " + r.resourceName())
                .toList();
        assertEquals(List.of("GROUP g", "BROKER_LOGGER 1", "BROKER 1", "TOPIC orders"), found);
    }

    private ConfigHandlers handlers() {
        return new ConfigHandlers(configs, metadata.cache(), forwarder);
    }

    private static List<String> names(List<DescribeConfigsSynonym> synonyms) {
        return synonyms.stream().map(DescribeConfigsSynonym::name).toList();
    }

    private DescribeConfigsResult describe(ConfigResource.Type type, String name) {
        DescribeConfigsRequestData data = new DescribeConfigsRequestData()
                .setIncludeSynonyms(true)
                .setIncludeDocumentation(true)
                .setResources(List.of(
                        new DescribeConfigsResource().setResourceType(type.id()).setResourceName(name)));
        DescribeConfigsResponseData response = TestRequest.ask(
                handlers()::registerOn,
                new DescribeConfigsRequest(data, (short) 4),
                (short) 4,
                DescribeConfigsResponseData.class);
        return response.results().get(0);
    }

    private static DescribeConfigsResourceResult entry(DescribeConfigsResult result, String name) {
        return result.configs().stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " in " + result));
    }

    private static AlterableConfig set(String name, String value) {
        return new AlterableConfig().setName(name).setValue(value).setConfigOperation(OpType.SET.id());
    }

    private static AlterConfigsResource resource(ConfigResource.Type type, String name, AlterableConfig change) {
        AlterConfigsResource resource =
                new AlterConfigsResource().setResourceType(type.id()).setResourceName(name);
        resource.configs().add(change);
        return resource;
    }

    private Errors alterError(ConfigResource.Type type, String name, AlterableConfig change) {
        return Errors.forCode(alter(type, name, change).get(0).errorCode());
    }

    private List<AlterConfigsResourceResponse> alter(ConfigResource.Type type, String name, AlterableConfig change) {
        IncrementalAlterConfigsRequestData data = new IncrementalAlterConfigsRequestData();
        data.resources().add(resource(type, name, change));
        return alter(data);
    }

    private List<AlterConfigsResourceResponse> alter(IncrementalAlterConfigsRequestData data) {
        return TestRequest.ask(
                        handlers()::registerOn,
                        new IncrementalAlterConfigsRequest(data, (short) 1),
                        (short) 1,
                        IncrementalAlterConfigsResponseData.class)
                .responses();
    }

    private static List<Short> codes(List<AlterConfigsResourceResponse> responses) {
        return responses.stream().map(AlterConfigsResourceResponse::errorCode).toList();
    }

    /** A controller that says yes to everything. */
    private static final class RecordingForwarder implements Forwarder {
        private final List<ApiMessage> forwarded = new ArrayList<>();

        @Override
        public void handle(Request request) {
            forward(request, request.data(), UnaryOperator.identity());
        }

        @Override
        public void forward(Request request, ApiMessage data, UnaryOperator<ApiMessage> answer) {
            forwarded.add(data);
            IncrementalAlterConfigsResponseData response = new IncrementalAlterConfigsResponseData();
            ((IncrementalAlterConfigsRequestData) data)
                    .resources()
                    .forEach(r -> response.responses()
                            .add(new AlterConfigsResourceResponse()
                                    .setResourceType(r.resourceType())
                                    .setResourceName(r.resourceName())));
            request.respond(answer.apply(response));
        }
    }
}
