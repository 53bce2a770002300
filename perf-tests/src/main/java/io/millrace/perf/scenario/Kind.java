package io.millrace.perf.scenario;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Kinds of load that run for a time against a broker that is there. */
public enum Kind {
    PRODUCE("Produces: as fast as it goes, or at a fixed rate with --rate.", "readers=0");

    private final String words;
    private final String defaults;

    Kind(String words, String defaults) {
        this.words = words;
        this.defaults = defaults;
    }

    /** What it does, one sentence. */
    public String words() {
        return words;
    }

    /** The options in which it differs from the general defaults. */
    public Map<String, String> defaults() {
        return Arrays.stream(defaults.split(" "))
                .map(option -> option.split("=", 2))
                .collect(Collectors.toMap(option -> option[0], option -> option[1]));
    }

    /** The name of its command. */
    public String command() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The kind with a name.
     *
     * @throws IllegalArgumentException with the names that there are
     */
    public static Kind named(String name) {
        return Arrays.stream(values())
                .filter(kind -> kind.command().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no kind of load is called " + name + "; there are "
                        + Arrays.stream(values()).map(Kind::command).collect(Collectors.joining(", "))));
    }
}
