package io.millrace.broker.schema.format;

import java.util.List;

/** A schema that has been understood. Immutable. */
public interface ParsedSchema {
    /** The text that is stored: what was given, without what means nothing. */
    String canonical();

    /** The text that is stored where {@code normalize} is asked for: equal for schemas that differ in order alone. */
    String normalized();

    /** Why a reader with this schema cannot read all that was written with the other one, of the same language; empty where it can. */
    List<Incompatibility> readerProblems(ParsedSchema writer);

    /**
     * One reason.
     *
     * @param type name of the rule that is broken, as Confluent's registry has it
     * @param path where in the schema
     * @param description a sentence
     */
    record Incompatibility(String type, String path, String description) {
        @Override
        public String toString() {
            return "{errorType:'" + type + "', path:'" + path + "', description:'" + description + "'}";
        }
    }
}
