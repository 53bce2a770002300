package io.millrace.broker.kraft;

import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.admin.EndpointType;
import org.apache.kafka.common.errors.MismatchedEndpointTypeException;
import org.apache.kafka.common.errors.UnsupportedEndpointTypeException;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBrokerCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.image.publisher.ControllerRegistrationsPublisher;

/** Answers tools that were given {@code --bootstrap-controller}: who the controllers are and which one is active. */
final class DescribeControllers {
    private final String clusterId;
    private final ControllerRegistrationsPublisher registrations;
    private final IntSupplier activeController;

    private DescribeControllers(
            String clusterId, ControllerRegistrationsPublisher registrations, IntSupplier activeController) {
        this.clusterId = clusterId;
        this.registrations = registrations;
        this.activeController = activeController;
    }

    static void register(
            ControllerApi api,
            String clusterId,
            ControllerRegistrationsPublisher registrations,
            IntSupplier activeController) {
        api.on(ApiKeys.DESCRIBE_CLUSTER, new DescribeControllers(clusterId, registrations, activeController)::describe);
    }

    private CompletableFuture<DescribeClusterResponseData> describe(ControllerCall call) {
        checkEndpointType(
                EndpointType.fromId(call.data(DescribeClusterRequestData.class).endpointType()));
        DescribeClusterBrokerCollection controllers =
                registrations.describeClusterControllers(call.context().listenerName());
        int active = activeController.getAsInt();
        return CompletableFuture.completedFuture(new DescribeClusterResponseData()
                .setClusterId(clusterId)
                .setEndpointType(EndpointType.CONTROLLER.id())
                .setControllerId(controllers.find(active) == null ? -1 : active)
                .setBrokers(controllers));
    }

    private static void checkEndpointType(EndpointType asked) {
        if (asked == EndpointType.UNKNOWN) {
            throw new UnsupportedEndpointTypeException("Unsupported endpoint type.");
        }
        if (asked != EndpointType.CONTROLLER) {
            throw new MismatchedEndpointTypeException(
                    "The request was sent to an endpoint of type CONTROLLER, but we wanted an endpoint of type "
                            + asked);
        }
    }
}
