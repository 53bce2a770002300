package io.millrace.broker.schema.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.broker.schema.store.Reference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A schema as a client gives it.
 *
 * @param type AVRO where the client names none
 * @param id what to register it as, in mode IMPORT; -1 for the next one
 * @param version likewise
 */
public record SchemaRequest(
        String schema,
        String type,
        List<Reference> references,
        @Nullable JsonNode metadata,
        @Nullable JsonNode ruleSet,
        int id,
        int version) {}
