package io.millrace.perf.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that a command found out.
 *
 * @param title what was run
 * @param environment machine, JDK, commit, command
 * @param limits of the machine, measured in the same run: words to value with unit; empty where not asked for
 * @param scenarios in their order
 */
public record Report(
        String title, Map<String, String> environment, Map<String, String> limits, List<ScenarioReport> scenarios) {
    public Report {
        environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
        limits = Collections.unmodifiableMap(new LinkedHashMap<>(limits));
        scenarios = List.copyOf(scenarios);
    }
}
