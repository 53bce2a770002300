package io.millrace.broker.admin;

import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResult;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** What the admin tools ask about groups: list, describe (of either protocol), delete. Stateless. */
public final class GroupAdminHandlers {
    private static final short OPERATIONS_VERSION = 3;

    private final GroupCoordinator coordinator;
    private final BooleanSupplier consumerProtocolEnabled;

    /**
     * Handlers over the node's coordinator.
     *
     * @param consumerProtocolEnabled whether the cluster's finalized features and the configuration allow KIP-848
     */
    public GroupAdminHandlers(GroupCoordinator coordinator, BooleanSupplier consumerProtocolEnabled) {
        this.coordinator = coordinator;
        this.consumerProtocolEnabled = consumerProtocolEnabled;
    }

    /** Puts the handlers on the broker's router. */
    public void registerOn(RequestRouter router) {
        router.register(ApiKeys.LIST_GROUPS, this::list);
        router.register(ApiKeys.DESCRIBE_GROUPS, this::describe);
        router.register(ApiKeys.DELETE_GROUPS, this::delete);
        router.register(ApiKeys.CONSUMER_GROUP_DESCRIBE, this::describeConsumerGroups);
    }

    private void list(Request request) {
        ListGroupsRequestData data = request.data(ListGroupsRequestData.class);
        Answers.send(request, coordinator.listGroups(request.context(), data), response -> response);
    }

    private void describe(Request request) {
        DescribeGroupsRequestData data = request.data(DescribeGroupsRequestData.class);
        boolean operations = request.apiVersion() >= OPERATIONS_VERSION && data.includeAuthorizedOperations();
        Answers.send(request, coordinator.describeGroups(request.context(), data.groups()), groups -> {
            if (operations) {
                groups.stream()
                        .filter(group -> group.errorCode() == Errors.NONE.code())
                        .forEach(group ->
                                group.setAuthorizedOperations(Answers.authorizedOperations(ResourceType.GROUP)));
            }
            return new DescribeGroupsResponseData().setGroups(groups);
        });
    }

    private void describeConsumerGroups(Request request) {
        if (!consumerProtocolEnabled.getAsBoolean()) {
            request.fail(Errors.UNSUPPORTED_VERSION.exception());
            return;
        }
        ConsumerGroupDescribeRequestData data = request.data(ConsumerGroupDescribeRequestData.class);
        Answers.send(request, coordinator.consumerGroupDescribe(request.context(), data.groupIds()), groups -> {
            if (data.includeAuthorizedOperations()) {
                groups.stream()
                        .filter(group -> group.errorCode() == Errors.NONE.code())
                        .forEach(group ->
                                group.setAuthorizedOperations(Answers.authorizedOperations(ResourceType.GROUP)));
            }
            return new ConsumerGroupDescribeResponseData().setGroups(groups);
        });
    }

    /** A failure as a whole is told for each group: the response has no place for it elsewhere. */
    private void delete(Request request) {
        List<String> groups = request.data(DeleteGroupsRequestData.class).groupsNames().stream()
                .distinct()
                .toList();
        Answers.send(
                request,
                coordinator
                        .deleteGroups(request.context(), groups, BufferSupplier.NO_CACHING)
                        .handle((results, failure) -> failure == null
                                ? new DeleteGroupsResponseData().setResults(results)
                                : deletionFailed(groups, Answers.error(failure))),
                response -> response);
    }

    private static DeleteGroupsResponseData deletionFailed(List<String> groups, Errors error) {
        DeleteGroupsResponseData response = new DeleteGroupsResponseData();
        for (String group : groups) {
            response.results().add(new DeletableGroupResult().setGroupId(group).setErrorCode(error.code()));
        }
        return response;
    }
}
