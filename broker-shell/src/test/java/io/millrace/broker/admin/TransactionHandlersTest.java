package io.millrace.broker.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeTransactionsRequest;
import org.apache.kafka.common.requests.ListTransactionsRequest;
import org.junit.jupiter.api.Test;

class TransactionHandlersTest {
    private final TransactionHandlers handlers = new TransactionHandlers();

    @Test
    void thereAreNone() {
        ListTransactionsRequestData data =
                new ListTransactionsRequestData().setStateFilters(List.of("Ongoing", "Sleeping"));
        ListTransactionsResponseData response = list(data);
        assertEquals(0, response.transactionStates().size());
        assertEquals(List.of("Sleeping"), response.unknownStateFilters());
    }

    @Test
    void badPatternIsRefused() {
        ListTransactionsRequestData data = new ListTransactionsRequestData().setTransactionalIdPattern("(");
        assertEquals(Errors.INVALID_REGULAR_EXPRESSION.code(), list(data).errorCode());
    }

    @Test
    void everyIdIsUnknown() {
        DescribeTransactionsRequestData data =
                new DescribeTransactionsRequestData().setTransactionalIds(List.of("t", ""));
        DescribeTransactionsResponseData response = TestRequest.ask(
                handlers::registerOn,
                new DescribeTransactionsRequest.Builder(data),
                DescribeTransactionsResponseData.class);
        assertEquals(
                List.of(Errors.TRANSACTIONAL_ID_NOT_FOUND.code(), Errors.INVALID_REQUEST.code()),
                response.transactionStates().stream().map(s -> s.errorCode()).toList());
    }

    private ListTransactionsResponseData list(ListTransactionsRequestData data) {
        return TestRequest.ask(
                handlers::registerOn, new ListTransactionsRequest.Builder(data), ListTransactionsResponseData.class);
    }
}
