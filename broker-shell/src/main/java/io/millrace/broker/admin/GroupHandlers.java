package io.millrace.broker.admin;

import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/**
 * Membership of consumer groups: the classic protocol (join, sync, heartbeat, leave) and the one of KIP-848, where one
 * heartbeat does it all. Stateless; each call is a future of the coordinator that answers when it completes.
 */
public final class GroupHandlers {
    /** Members before this version of LeaveGroup named themselves at the top level. */
    private static final short LEAVE_IN_BATCHES_VERSION = 3;

    private final GroupCoordinator coordinator;
    private final BooleanSupplier consumerProtocolEnabled;

    /**
     * Handlers over the node's coordinator.
     *
     * @param consumerProtocolEnabled whether the cluster's finalized features and the configuration allow KIP-848
     */
    public GroupHandlers(GroupCoordinator coordinator, BooleanSupplier consumerProtocolEnabled) {
        this.coordinator = coordinator;
        this.consumerProtocolEnabled = consumerProtocolEnabled;
    }

    /** Puts the handlers on the broker's router. */
    public void registerOn(RequestRouter router) {
        router.register(ApiKeys.JOIN_GROUP, this::join);
        router.register(ApiKeys.SYNC_GROUP, this::sync);
        router.register(ApiKeys.HEARTBEAT, this::heartbeat);
        router.register(ApiKeys.LEAVE_GROUP, this::leave);
        router.register(ApiKeys.CONSUMER_GROUP_HEARTBEAT, this::consumerHeartbeat);
    }

    private void join(Request request) {
        JoinGroupRequestData data = request.data(JoinGroupRequestData.class);
        Answers.send(
                request,
                coordinator.joinGroup(request.context(), data, BufferSupplier.NO_CACHING),
                response -> new JoinGroupResponse(response, request.apiVersion()).data());
    }

    private void sync(Request request) {
        SyncGroupRequestData data = request.data(SyncGroupRequestData.class);
        if (!new SyncGroupRequest(data, request.apiVersion()).areMandatoryProtocolTypeAndNamePresent()) {
            request.fail(Errors.INCONSISTENT_GROUP_PROTOCOL.exception());
            return;
        }
        Answers.send(
                request,
                coordinator.syncGroup(request.context(), data, BufferSupplier.NO_CACHING),
                response -> response);
    }

    private void heartbeat(Request request) {
        HeartbeatRequestData data = request.data(HeartbeatRequestData.class);
        Answers.send(request, coordinator.heartbeat(request.context(), data), response -> response);
    }

    private void leave(Request request) {
        LeaveGroupRequestData data = membersNamed(request.data(LeaveGroupRequestData.class), request.apiVersion());
        Answers.send(
                request,
                coordinator.leaveGroup(request.context(), data),
                response -> new LeaveGroupResponse(response, request.apiVersion()).data());
    }

    private static LeaveGroupRequestData membersNamed(LeaveGroupRequestData data, short version) {
        if (version >= LEAVE_IN_BATCHES_VERSION) {
            return data;
        }
        return new LeaveGroupRequestData()
                .setGroupId(data.groupId())
                .setMembers(List.of(new MemberIdentity().setMemberId(data.memberId())));
    }

    private void consumerHeartbeat(Request request) {
        if (!consumerProtocolEnabled.getAsBoolean()) {
            request.fail(Errors.UNSUPPORTED_VERSION.exception());
            return;
        }
        ConsumerGroupHeartbeatRequestData data = request.data(ConsumerGroupHeartbeatRequestData.class);
        Answers.send(request, coordinator.consumerGroupHeartbeat(request.context(), data), response -> response);
    }
}
