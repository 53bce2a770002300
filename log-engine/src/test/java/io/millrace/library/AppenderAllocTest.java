package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An append in the steady state leaves nothing for the collector, however it is made. */
class AppenderAllocTest {
    private static final int WARM_UP = 40_000;
    private static final int ROUNDS = 40;
    private static final int APPENDS = 500;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final byte[] array = new byte[300];
    private final ByteBuffer direct = ByteBuffer.allocateDirect(300);
    private final byte[] name = Stores.bytes("name");

    @TempDir
    private Path temp;

    @Test
    void anArrayAllocatesNothing() {
        assertEquals(0, leastPerRound(appender -> appender.append(array)));
    }

    @Test
    void aBufferWithEverythingAllocatesNothing() {
        assertEquals(
                0,
                leastPerRound(appender -> appender.key(array)
                        .header(name, array)
                        .timestamp(Stores.TIME)
                        .append(direct)));
    }

    @Test
    void aClaimAllocatesNothing() {
        assertEquals(0, leastPerRound(appender -> {
            appender.claim(16).putLong(1).putLong(2);
            appender.commit();
        }));
    }

    @Test
    void aBatchAllocatesNothing() {
        assertEquals(0, leastPerRound(appender -> {
            for (int i = 0; i < 5; i++) {
                appender.add(array);
            }
            appender.appendBatch();
        }));
    }

    /** Bytes of the best round: a round in which a window or an index step was handed over has the few bytes of that. */
    private long leastPerRound(Consumer<Appender> append) {
        try (LogStore store = LogStore.open(temp);
                Appender appender = store.log("log").appender()) {
            appendMany(appender, append, WARM_UP);
            long least = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                appendMany(appender, append, APPENDS);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            return least;
        }
    }

    private static void appendMany(Appender appender, Consumer<Appender> append, int count) {
        for (int i = 0; i < count; i++) {
            append.accept(appender);
        }
    }
}
