package io.millrace.broker.kraft;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.AllocateProducerIdsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionRequestData;
import org.apache.kafka.common.message.AssignReplicasToDirsRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatResponseData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.BrokerRegistrationResponseData;
import org.apache.kafka.common.message.ControllerRegistrationRequestData;
import org.apache.kafka.common.message.ControllerRegistrationResponseData;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.controller.Controller;

/** What brokers and operators ask of the controller beside topics and settings. */
final class BrokerOperations {
    private final Controller controller;
    private final int heartbeatIntervalMs;

    private BrokerOperations(Controller controller, int heartbeatIntervalMs) {
        this.controller = controller;
        this.heartbeatIntervalMs = heartbeatIntervalMs;
    }

    static void register(ControllerApi api, Controller controller, int heartbeatIntervalMs) {
        BrokerOperations operations = new BrokerOperations(controller, heartbeatIntervalMs);
        api.on(ApiKeys.BROKER_REGISTRATION, operations::registerBroker);
        api.on(ApiKeys.BROKER_HEARTBEAT, operations::heartbeat);
        api.on(ApiKeys.UNREGISTER_BROKER, operations::unregister);
        api.on(ApiKeys.CONTROLLER_REGISTRATION, operations::registerController);
        registerPartitions(api, controller);
        api.on(
                ApiKeys.UPDATE_FEATURES,
                call -> controller.updateFeatures(call.caller(), call.data(UpdateFeaturesRequestData.class)));
        api.on(
                ApiKeys.ALLOCATE_PRODUCER_IDS,
                call -> controller.allocateProducerIds(call.caller(), call.data(AllocateProducerIdsRequestData.class)));
    }

    private static void registerPartitions(ControllerApi api, Controller controller) {
        api.on(
                ApiKeys.ALTER_PARTITION,
                call -> controller.alterPartition(call.caller(), call.data(AlterPartitionRequestData.class)));
        api.on(
                ApiKeys.ASSIGN_REPLICAS_TO_DIRS,
                call -> controller.assignReplicasToDirs(
                        call.caller(), call.data(AssignReplicasToDirsRequestData.class)));
        api.on(ApiKeys.ELECT_LEADERS, call -> {
            ElectLeadersRequestData request = call.data(ElectLeadersRequestData.class);
            return controller.electLeaders(call.caller(request.timeoutMs()), request);
        });
        api.on(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, call -> {
            AlterPartitionReassignmentsRequestData request = call.data(AlterPartitionReassignmentsRequestData.class);
            return controller.alterPartitionReassignments(call.caller(request.timeoutMs()), request);
        });
        api.on(
                ApiKeys.LIST_PARTITION_REASSIGNMENTS,
                call -> controller.listPartitionReassignments(
                        call.caller(), call.data(ListPartitionReassignmentsRequestData.class)));
    }

    private CompletableFuture<BrokerRegistrationResponseData> registerBroker(ControllerCall call) {
        return controller
                .registerBroker(call.caller(), call.data(BrokerRegistrationRequestData.class))
                .thenApply(reply -> new BrokerRegistrationResponseData().setBrokerEpoch(reply.epoch()));
    }

    /** A heartbeat that waits longer than half the interval is of no use any more: the next one is on its way. */
    private CompletableFuture<BrokerHeartbeatResponseData> heartbeat(ControllerCall call) {
        return controller
                .processBrokerHeartbeat(
                        call.caller(heartbeatIntervalMs / 2), call.data(BrokerHeartbeatRequestData.class))
                .thenApply(reply -> new BrokerHeartbeatResponseData()
                        .setIsCaughtUp(reply.isCaughtUp())
                        .setIsFenced(reply.isFenced())
                        .setShouldShutDown(reply.shouldShutDown()));
    }

    private CompletableFuture<UnregisterBrokerResponseData> unregister(ControllerCall call) {
        int brokerId = call.data(UnregisterBrokerRequestData.class).brokerId();
        return controller
                .unregisterBroker(call.caller(), brokerId)
                .thenApply(done -> new UnregisterBrokerResponseData());
    }

    private CompletableFuture<ControllerRegistrationResponseData> registerController(ControllerCall call) {
        return controller
                .registerController(call.caller(), call.data(ControllerRegistrationRequestData.class))
                .thenApply(done -> new ControllerRegistrationResponseData());
    }
}
