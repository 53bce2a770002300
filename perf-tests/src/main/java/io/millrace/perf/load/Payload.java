package io.millrace.perf.load;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * What records say: lines of an access log with random fields, the same for the same seed. Text of this kind shrinks to about a third,
 * as users' records do; zeros would shrink to nothing and noise not at all, and both would flatter some broker.
 */
public final class Payload {
    private static final String[] PATHS = {"/api/v1/orders", "/api/v1/customers", "/health", "/static/app.js", "/login"
    };
    private static final String[] VERBS = {"GET", "POST", "PUT", "DELETE"};

    private final Random random;

    /** A source of records that says the same for the same seed. */
    public Payload(long seed) {
        random = new Random(seed);
    }

    /** The next value, exactly so many bytes. */
    public byte[] next(int length) {
        byte[] value = new byte[length];
        for (int at = 0; at < length; ) {
            byte[] line = line().getBytes(StandardCharsets.US_ASCII);
            int count = Math.min(line.length, length - at);
            System.arraycopy(line, 0, value, at, count);
            at += count;
        }
        return value;
    }

    private String line() {
        return "{\"id\":\"" + Long.toHexString(random.nextLong()) + "\",\"verb\":\"" + VERBS[random.nextInt(4)]
                + "\",\"path\":\"" + PATHS[random.nextInt(5)] + "/" + random.nextInt(100_000) + "\",\"status\":"
                + (200 + random.nextInt(300)) + ",\"us\":" + random.nextInt(1_000_000) + "}\n";
    }
}
