package io.millrace.broker.request.produce;

import io.millrace.log.AppendStatus;
import java.util.List;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Why a batch was not appended, as its producer is told.
 *
 * @param message more than the error code says, or null
 * @param recordErrors the records at fault, by index in their batch; empty where it is the batch
 */
record Refusal(Errors error, @Nullable String message, List<BatchIndexAndErrorMessage> recordErrors) {

    static Refusal of(Errors error, @Nullable String message) {
        return new Refusal(error, message, List.of());
    }

    /** The protocol's error for an append that the log has refused. */
    static Refusal of(AppendStatus status, @Nullable String message) {
        return of(error(status), message);
    }

    private static Errors error(AppendStatus status) {
        return switch (status) {
            case APPENDED, DUPLICATE -> Errors.NONE;
            case CORRUPT -> Errors.CORRUPT_MESSAGE;
            case INVALID_RECORD, UNSUPPORTED_MAGIC -> Errors.INVALID_RECORD;
            case INVALID_TIMESTAMP -> Errors.INVALID_TIMESTAMP;
            case UNSUPPORTED_COMPRESSION -> Errors.UNSUPPORTED_COMPRESSION_TYPE;
            case TOO_LARGE -> Errors.MESSAGE_TOO_LARGE;
            case OUT_OF_ORDER_SEQUENCE -> Errors.OUT_OF_ORDER_SEQUENCE_NUMBER;
            case INVALID_PRODUCER_EPOCH -> Errors.INVALID_PRODUCER_EPOCH;
            case INVALID_TXN_STATE -> Errors.INVALID_TXN_STATE;
            case FENCED_EPOCH -> Errors.NOT_LEADER_OR_FOLLOWER;
            case NO_SPACE, OFFLINE -> Errors.KAFKA_STORAGE_ERROR;
            case OFFSET_MISMATCH -> Errors.UNKNOWN_SERVER_ERROR;
        };
    }
}
