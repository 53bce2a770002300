package io.millrace.benchmarks;

import java.util.Arrays;
import java.util.List;

/** The entry of the jar: JMH, and beside it what JMH cannot ask. The flags that peers need are in its manifest. */
public final class Main {
    private Main() {}

    /**
     * Runs benchmarks.
     *
     * @param arguments the name of a program of this package and its options, or JMH's
     */
    public static void main(String[] arguments) throws Exception {
        List<String> rest = Arrays.asList(arguments).subList(Math.min(1, arguments.length), arguments.length);
        switch (arguments.length == 0 ? "" : arguments[0]) {
            case "paced-append" -> PacedAppend.run(rest);
            case "roll-append" -> RollAppend.run(rest);
            case "tail" -> TailLatency.run(rest);
            case "tail-child" -> TailLatency.child(rest);
            case "group-commit" -> GroupCommit.run(rest);
            case "cold-lookup" -> ColdLookup.run(rest);
            case "scan" -> ScanSpeed.run(rest);
            default -> org.openjdk.jmh.Main.main(arguments);
        }
    }
}
