package io.millrace.broker.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody sits in front of standard input, and what is typed. The JDK's console is there without a terminal, too, from 22 on. */
final class Terminal {
    private static final Path STANDARD_INPUT = Path.of("/proc/self/fd/0");

    private Terminal() {}

    /** By Linux's table of open files; elsewhere nobody is known to. */
    static boolean isInput() {
        try {
            final String target = Files.readSymbolicLink(STANDARD_INPUT).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (final IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** One line, empty at the end of input. */
    static String readLine() {
        try {
            final String line =
                    new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine();
            return line == null ? "" : line.strip();
        } catch (final IOException e) {
            return "";
        }
    }
}
