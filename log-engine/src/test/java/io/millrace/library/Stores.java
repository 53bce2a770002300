package io.millrace.library;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.log.LogClock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What several tests of the library need. */
final class Stores {
    static final long TIME = 1_700_000_000_000L;

    private Stores() {}

    static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    /** A value that tells its number, of a length that depends on it. */
    static String value(long number) {
        return "value " + number + " " + "x".repeat((int) (number * 31 % 200));
    }

    static void appendMany(Log log, long from, long to) {
        try (Appender appender = log.appender()) {
            for (long i = from; i < to; i++) {
                appender.append(bytes(value(i)));
            }
        }
    }

    /** All that a tailer gives until it says that there is nothing. */
    static List<String> drain(Tailer tailer) {
        List<String> values = new ArrayList<>();
        while (tailer.next()) {
            values.add(tailer.record().valueText());
        }
        return values;
    }

    static void await(String what, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("not within a minute: " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** The running JDK on a main class of the tests, with no flag but the heap's size. */
    static Process child(Class<?> main, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** A clock that stands still until it is moved. */
    static final class Clock implements LogClock {
        private final java.util.concurrent.atomic.AtomicLong millis = new java.util.concurrent.atomic.AtomicLong(TIME);

        void advance(long byMs) {
            millis.addAndGet(byMs);
        }

        @Override
        public long millis() {
            return millis.get();
        }

        @Override
        public long nanos() {
            return System.nanoTime();
        }
    }
}
