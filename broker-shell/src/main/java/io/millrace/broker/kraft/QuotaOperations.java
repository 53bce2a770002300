package io.millrace.broker.kraft;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.AlterClientQuotasRequestData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AlterClientQuotasRequest;
import org.apache.kafka.common.requests.AlterClientQuotasResponse;
import org.apache.kafka.controller.Controller;

/** Changes of the quotas of clients, which the metadata log keeps. Stateless. */
final class QuotaOperations {
    private QuotaOperations() {}

    static void register(ControllerApi api, Controller controller) {
        api.on(ApiKeys.ALTER_CLIENT_QUOTAS, call -> alter(controller, call));
    }

    private static CompletableFuture<AlterClientQuotasResponseData> alter(Controller controller, ControllerCall call) {
        AlterClientQuotasRequest request = new AlterClientQuotasRequest(
                call.data(AlterClientQuotasRequestData.class), call.header().apiVersion());
        return controller
                .alterClientQuotas(call.caller(), request.entries(), request.validateOnly())
                .thenApply(outcome ->
                        AlterClientQuotasResponse.fromQuotaEntities(outcome, 0).data());
    }
}
