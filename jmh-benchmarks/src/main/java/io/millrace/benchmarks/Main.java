package io.millrace.benchmarks;

import java.io.IOException;
import java.util.Arrays;

/** The entry of the jar: JMH, and beside it what JMH cannot ask ({@link PacedAppend}). The flags that peers need are in its manifest. */
public final class Main {
    private Main() {}

    /**
     * Runs benchmarks.
     *
     * @param arguments {@code paced-append} and its options, or JMH's
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length > 0 && arguments[0].equals("paced-append")) {
            PacedAppend.run(Arrays.asList(arguments).subList(1, arguments.length));
        } else {
            org.openjdk.jmh.Main.main(arguments);
        }
    }
}
