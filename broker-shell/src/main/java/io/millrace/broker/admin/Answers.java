package io.millrace.broker.admin;

import io.millrace.broker.request.Request;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.security.authorizer.AclEntry;
import org.jspecify.annotations.Nullable;

/** What several handlers share in answering: from a future, with an error's code, with the operations allowed. */
final class Answers {
    private Answers() {}

    /** Answers with what the future brings, on the thread that completes it; a failure is the API's own error response. */
    static <T> void send(Request request, CompletableFuture<T> future, Function<T, ApiMessage> toResponse) {
        var unused = future.whenComplete((value, failure) -> complete(request, value, failure, toResponse));
    }

    private static <T> void complete(
            Request request, T value, @Nullable Throwable failure, Function<T, ApiMessage> toResponse) {
        if (failure != null) {
            request.fail(unwrap(failure));
            return;
        }
        ApiMessage response;
        try {
            response = toResponse.apply(value);
        } catch (RuntimeException e) {
            request.fail(e);
            return;
        }
        request.respond(response);
    }

    /** The failure itself, without the wrappers that futures add at each stage. */
    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** The protocol error of a failed future. */
    static Errors error(Throwable failure) {
        return Errors.forException(unwrap(failure));
    }

    /** Every operation a resource has, as a bit field: without an authorizer, everybody may do everything. */
    static int authorizedOperations(ResourceType type) {
        Set<Byte> codes = AclEntry.supportedOperations(type).stream()
                .map(AclOperation::code)
                .collect(Collectors.toSet());
        return Utils.to32BitField(codes);
    }
}
