package io.millrace.broker.admin;

import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TransactionState;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * The truth about transactions on a broker that runs none: there are none, and every transactional id is unknown. Filters
 * are checked as a broker with transactions checks them. Stateless.
 */
public final class TransactionHandlers {
    /** Puts the handlers on the broker's router. */
    public void registerOn(RequestRouter router) {
        router.register(ApiKeys.LIST_TRANSACTIONS, TransactionHandlers::list);
        router.register(ApiKeys.DESCRIBE_TRANSACTIONS, TransactionHandlers::describe);
    }

    private static void list(Request request) {
        ListTransactionsRequestData data = request.data(ListTransactionsRequestData.class);
        checkPattern(data.transactionalIdPattern());
        ListTransactionsResponseData response = new ListTransactionsResponseData();
        data.stateFilters().stream()
                .filter(TransactionHandlers::isUnknownState)
                .forEach(response.unknownStateFilters()::add);
        request.respond(response);
    }

    private static boolean isUnknownState(String state) {
        return org.apache.kafka.coordinator.transaction.TransactionState.fromName(state)
                .isEmpty();
    }

    private static void checkPattern(@Nullable String pattern) {
        if (pattern == null || pattern.isEmpty()) {
            return;
        }
        try {
            Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            throw new InvalidRegularExpression("Transaction ID pattern `" + pattern
                    + "` is not a valid regular expression: " + e.getMessage() + ".");
        }
    }

    private static void describe(Request request) {
        DescribeTransactionsResponseData response = new DescribeTransactionsResponseData();
        for (String id : request.data(DescribeTransactionsRequestData.class).transactionalIds()) {
            Errors error = id.isEmpty() ? Errors.INVALID_REQUEST : Errors.TRANSACTIONAL_ID_NOT_FOUND;
            response.transactionStates()
                    .add(new TransactionState().setTransactionalId(id).setErrorCode(error.code()));
        }
        request.respond(response);
    }
}
