package io.millrace.broker.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs a command in this JVM with its own standard streams. Not for tests that run side by side. */
final class Cli {
    private Cli() {}

    /** What a command left behind. */
    record Result(int code, String out, String err) {
        List<String> outLines() {
            return out.lines().toList();
        }

        /** The one line on standard error. */
        String errLine() {
            if (err.lines().count() != 1) {
                throw new AssertionError("not one line on standard error: " + err);
            }
            return err.strip();
        }
    }

    static Result run(final String... arguments) {
        return runWithInput(new byte[0], arguments);
    }

    static synchronized Result runWithInput(final byte[] input, final String... arguments) {
        final PrintStream oldOut = System.out;
        final PrintStream oldErr = System.err;
        final InputStream oldIn = System.in;
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (PrintStream newOut = new PrintStream(out, true, StandardCharsets.UTF_8);
                PrintStream newErr = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            System.setOut(newOut);
            System.setErr(newErr);
            System.setIn(new ByteArrayInputStream(input));
            final int code = Millrace.run(arguments);
            return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(oldOut);
            System.setErr(oldErr);
            System.setIn(oldIn);
        }
    }
}
