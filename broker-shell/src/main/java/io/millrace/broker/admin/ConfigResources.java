package io.millrace.broker.admin;

import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestHandler;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.metadata.KRaftMetadataCache;

/**
 * Lists what has, or could have, a configuration of its own: topics, brokers and their loggers whether or not anything is
 * set for them; groups and client metrics where something is. Version 0 knew client metrics only.
 */
final class ConfigResources implements RequestHandler {
    private static final List<ConfigResource.Type> TYPES = List.of(
            ConfigResource.Type.GROUP,
            ConfigResource.Type.CLIENT_METRICS,
            ConfigResource.Type.BROKER_LOGGER,
            ConfigResource.Type.BROKER,
            ConfigResource.Type.TOPIC);

    private final KRaftMetadataCache metadata;

    ConfigResources(KRaftMetadataCache metadata) {
        this.metadata = metadata;
    }

    @Override
    public void handle(Request request) {
        List<ConfigResource.Type> supported =
                request.apiVersion() == 0 ? List.of(ConfigResource.Type.CLIENT_METRICS) : TYPES;
        Set<ConfigResource.Type> asked = asked(request, supported);
        ListConfigResourcesResponseData response = new ListConfigResourcesResponseData();
        if (!supported.containsAll(asked)) {
            request.respond(response.setErrorCode(Errors.UNSUPPORTED_VERSION.code()));
            return;
        }
        for (ConfigResource.Type type : TYPES) {
            if (asked.contains(type)) {
                names(type, request.listener())
                        .forEach(name -> response.configResources().add(resource(type, name)));
            }
        }
        request.respond(response);
    }

    private static Set<ConfigResource.Type> asked(Request request, List<ConfigResource.Type> supported) {
        List<Byte> ids = request.data(ListConfigResourcesRequestData.class).resourceTypes();
        Set<ConfigResource.Type> types = new HashSet<>();
        ids.forEach(id -> types.add(ConfigResource.Type.forId(id)));
        return types.isEmpty() ? Set.copyOf(supported) : types;
    }

    private Collection<String> names(ConfigResource.Type type, ListenerName listener) {
        return switch (type) {
            case TOPIC -> metadata.getAllTopics();
            case BROKER, BROKER_LOGGER ->
                metadata.getBrokerNodes(listener).stream()
                        .map(node -> Integer.toString(node.id()))
                        .toList();
            default ->
                metadata.currentImage().configs().resourceData().keySet().stream()
                        .filter(resource -> resource.type() == type)
                        .map(ConfigResource::name)
                        .toList();
        };
    }

    private static ListConfigResourcesResponseData.ConfigResource resource(ConfigResource.Type type, String name) {
        return new ListConfigResourcesResponseData.ConfigResource()
                .setResourceName(name)
                .setResourceType(type.id());
    }
}
