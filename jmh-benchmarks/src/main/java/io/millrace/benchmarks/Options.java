package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code name=value} arguments over defaults, and where results go: a line of JSON each on standard output, all of them in a file. */
final class Options {
    private final Map<String, String> values = new LinkedHashMap<>();
    private final List<String> results = new ArrayList<>();

    /**
     * Reads arguments.
     *
     * @param defaults name, value, name, value: other names are refused, but for {@code json}, the file of the results
     */
    Options(List<String> arguments, String... defaults) {
        for (int i = 0; i < defaults.length; i += 2) {
            values.put(defaults[i], defaults[i + 1]);
        }
        values.put("json", "");
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            if (equals < 0 || !values.containsKey(name)) {
                throw new IllegalArgumentException(argument + ": give name=value, with a name of " + values.keySet());
            }
            values.put(name, argument.substring(equals + 1));
        }
    }

    String text(String name) {
        return String.valueOf(values.get(name));
    }

    long number(String name) {
        return Long.parseLong(text(name));
    }

    List<String> list(String name) {
        return List.of(text(name).split(",", -1));
    }

    /** Who comes first changes from round to round. */
    List<String> turns(String name, int round) {
        List<String> all = list(name);
        List<String> turned = new ArrayList<>(all.subList(round % all.size(), all.size()));
        turned.addAll(all.subList(0, round % all.size()));
        return turned;
    }

    void result(String line) {
        System.out.println(line);
        results.add(line);
    }

    void writeResults() throws IOException {
        if (!text("json").isEmpty()) {
            Files.writeString(Path.of(text("json")), "[\n" + String.join(",\n", results) + "\n]\n");
        }
    }
}
