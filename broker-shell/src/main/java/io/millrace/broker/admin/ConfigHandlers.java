package io.millrace.broker.admin;

import io.millrace.broker.kraft.Forwarder;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import java.util.List;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.metadata.KRaftMetadataCache;

/** Describing, listing and altering configurations. Stateless over its collaborators. */
public final class ConfigHandlers {
    private final ConfigDescriber describer;
    private final ConfigAlterations alterations;
    private final ConfigResources resources;

    /** Handlers over the node's configuration and metadata; changes are forwarded to the controller. */
    public ConfigHandlers(EffectiveConfigs configs, KRaftMetadataCache metadata, Forwarder forwarder) {
        BrokerLoggers loggers = new BrokerLoggers();
        this.describer = new ConfigDescriber(configs, metadata, loggers);
        this.alterations = new ConfigAlterations(new ConfigChangeCheck(configs, loggers), forwarder);
        this.resources = new ConfigResources(metadata);
    }

    /** Puts the handlers on the broker's router. */
    public void registerOn(RequestRouter router) {
        router.register(ApiKeys.DESCRIBE_CONFIGS, this::describe);
        router.register(ApiKeys.ALTER_CONFIGS, alterations::alter);
        router.register(ApiKeys.INCREMENTAL_ALTER_CONFIGS, alterations::alterIncrementally);
        router.register(ApiKeys.LIST_CONFIG_RESOURCES, resources);
    }

    private void describe(Request request) {
        DescribeConfigsRequestData data = request.data(DescribeConfigsRequestData.class);
        ConfigDescriber.Detail detail = new ConfigDescriber.Detail(data.includeSynonyms(), data.includeDocumentation());
        List<DescribeConfigsResponseData.DescribeConfigsResult> results = data.resources().stream()
                .map(resource -> describer.describe(resource, detail))
                .toList();
        request.respond(new DescribeConfigsResponseData().setResults(results));
    }
}
