package io.millrace.broker.request;

import java.util.function.Supplier;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;

/**
 * Answers ApiVersions from what the router serves, so that nothing is advertised that has no handler. A request of an
 * unknown version gets a version 0 answer with UNSUPPORTED_VERSION and the versions of ApiVersions itself (KIP-511); a
 * client software name or version that is malformed gets INVALID_REQUEST. Event loops; stateless.
 */
public final class ApiVersionsHandler implements RequestHandler {
    private final RequestRouter router;
    private final ListenerType listenerType;
    private final Supplier<AdvertisedFeatures> features;

    public ApiVersionsHandler(RequestRouter router, ListenerType listenerType, Supplier<AdvertisedFeatures> features) {
        this.router = router;
        this.listenerType = listenerType;
        this.features = features;
    }

    @Override
    public void handle(Request request) {
        ApiVersionsRequest body = (ApiVersionsRequest) request.body();
        if (body.hasUnsupportedRequestVersion()) {
            request.fail(Errors.UNSUPPORTED_VERSION.exception());
        } else if (!body.isValid()) {
            request.fail(Errors.INVALID_REQUEST.exception());
        } else {
            keepClientInformation(request, body);
            request.respond(answer(request.apiVersion()));
        }
    }

    private static void keepClientInformation(Request request, ApiVersionsRequest body) {
        if (body.version() >= 3) {
            request.connection()
                    .clientInformation(new ClientInformation(
                            body.data().clientSoftwareName(), body.data().clientSoftwareVersion()));
        }
    }

    private ApiVersionsResponseData answer(short version) {
        AdvertisedFeatures advertised = features.get();
        return new ApiVersionsResponse.Builder()
                .setApiVersions(ApiVersionsResponse.collectApis(listenerType, router.served(), false))
                .setSupportedFeatures(advertised.supported())
                .setFinalizedFeatures(advertised.finalized())
                .setFinalizedFeaturesEpoch(advertised.finalizedEpoch())
                .setAlterFeatureLevel0(version < 4)
                .build()
                .data();
    }
}
