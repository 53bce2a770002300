package io.millrace.broker.schema.registry;

import io.millrace.broker.schema.format.ParsedSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a new version of a subject must be able to do with those before it. */
public enum CompatibilityLevel {
    /** Nothing. */
    NONE(false, false, false),
    /** Read what the last version wrote. */
    BACKWARD(true, false, false),
    /** Read what any version wrote. */
    BACKWARD_TRANSITIVE(true, false, true),
    /** Be read by the last version. */
    FORWARD(false, true, false),
    /** Be read by all versions. */
    FORWARD_TRANSITIVE(false, true, true),
    /** Both, with the last version. */
    FULL(true, true, false),
    /** Both, with all versions. */
    FULL_TRANSITIVE(true, true, true);

    private final boolean reads;
    private final boolean isRead;
    private final boolean transitive;

    CompatibilityLevel(boolean reads, boolean isRead, boolean transitive) {
        this.reads = reads;
        this.isRead = isRead;
        this.transitive = transitive;
    }

    static CompatibilityLevel of(String name) {
        try {
            return valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw RegistryException.invalidLevel(name);
        }
    }

    /** Whether versions before the last one count. */
    boolean isTransitive() {
        return transitive;
    }

    /** What is wrong between a new schema and an old one; empty where nothing is. */
    List<String> problems(ParsedSchema fresh, ParsedSchema old) {
        List<String> problems = new ArrayList<>();
        if (reads) {
            fresh.readerProblems(old)
                    .forEach(problem -> problems.add("the new schema cannot read what the old one wrote: " + problem));
        }
        if (isRead) {
            old.readerProblems(fresh)
                    .forEach(problem -> problems.add("the old schema cannot read what the new one writes: " + problem));
        }
        return problems;
    }
}
