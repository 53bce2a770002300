package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host gives the library nothing but a class path, and hears nothing from it: {@code java -cp}, no flag, on the JDK that runs this test. */
class PlainJvmTest {
    @TempDir
    private Path temp;

    /** The host. */
    static final class Host {
        private Host() {}

        public static void main(String[] args) throws InterruptedException {
            PrintStream out = System.out;
            Path directory = Path.of(args[0]);
            try (LogStore store = LogStore.builder(directory)
                            .segmentBytes(1 << 20)
                            .durability(Durability.INTERVAL)
                            .open();
                    ReadOnlyStore reader = LogStore.openReadOnly(directory)) {
                Log log = store.log("log");
                try (Appender appender = log.appender();
                        Tailer near = log.tailer().named("near").build();
                        Tailer far = reader.log("log").tailer().build()) {
                    for (int i = 0; i < 50_000; i++) {
                        appender.claim(8).putLong(i);
                        appender.commit();
                        if (!near.next() || near.record().value().getLong() != i) {
                            throw new IllegalStateException("near at " + i);
                        }
                    }
                    for (int i = 0; i < 50_000; i++) {
                        if (!far.awaitNext(Duration.ofSeconds(30))
                                || far.record().valueLong(0) != i) {
                            throw new IllegalStateException("far at " + i);
                        }
                    }
                }
                log.flush();
                out.println(log.flushed() + " in " + log.segmentCount() + " segments");
            }
        }
    }

    @Test
    void worksInSilence() throws Exception {
        Process child = Stores.child(Host.class, temp);
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertTrue(child.waitFor(60, TimeUnit.SECONDS));
        assertEquals("50000 in 4 segments", said);
        assertEquals(0, child.exitValue());
    }
}
