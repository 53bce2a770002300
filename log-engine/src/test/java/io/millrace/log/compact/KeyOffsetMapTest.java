package io.millrace.log.compact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyOffsetMapTest {
    private static boolean put(KeyOffsetMap map, String key, long offset) {
        ByteBuffer buffer = ByteBuffer.wrap(("xx" + key + "yy").getBytes(StandardCharsets.UTF_8));
        return map.put(buffer, 2, buffer.limit() - 4, offset);
    }

    private static long get(KeyOffsetMap map, String key) {
        ByteBuffer buffer = ByteBuffer.wrap(key.getBytes(StandardCharsets.UTF_8));
        return map.get(buffer, 0, buffer.limit());
    }

    @Test
    void remembersTheLastOffsetOfEachKey() {
        KeyOffsetMap map = new KeyOffsetMap(1 << 16, 0.9);
        assertEquals(KeyOffsetMap.ABSENT, get(map, "a"));
        assertTrue(put(map, "a", 0));
        assertTrue(put(map, "b", 1));
        assertTrue(put(map, "a", 2));
        assertTrue(put(map, "", 3));
        assertEquals(2, get(map, "a"));
        assertEquals(1, get(map, "b"));
        assertEquals(3, get(map, ""));
        assertEquals(3, map.size());
        assertEquals(3, map.latestOffset());
    }

    @Test
    void aFullMapTakesNoNewKeyButKnownOnes() {
        KeyOffsetMap map = new KeyOffsetMap(24 * 11, 0.9);
        assertEquals(9, map.capacity());
        for (int i = 0; i < 9; i++) {
            assertTrue(put(map, "k" + i, i));
        }
        assertTrue(map.isFull());
        assertFalse(put(map, "new", 9));
        assertEquals(8, map.latestOffset(), "what was refused is not covered");
        assertTrue(put(map, "k3", 9));
        assertEquals(9, get(map, "k3"));
        assertEquals(9, map.latestOffset());
    }

    @Test
    void theSmallestMapTakesAKey() {
        KeyOffsetMap map = new KeyOffsetMap(KeyOffsetMap.BYTES_MIN, 0.1);
        assertTrue(put(map, "a", 7));
        assertFalse(put(map, "b", 8));
        assertThrows(IllegalArgumentException.class, () -> new KeyOffsetMap(KeyOffsetMap.BYTES_MIN - 1, 0.9));
    }

    @Test
    void staysWithinItsMemoryAndFitsWhatItWasMadeFor() {
        for (long keys : new long[] {0, 1, 10, 1000, 123_456}) {
            long bytes = KeyOffsetMap.bytesFor(keys, 0.9);
            KeyOffsetMap map = new KeyOffsetMap(bytes, 0.9);
            assertTrue(map.bytes() <= bytes);
            assertTrue(map.capacity() >= keys, keys + " keys, room for " + map.capacity());
        }
    }

    @Test
    void coversWhatHasNoKey() {
        KeyOffsetMap map = new KeyOffsetMap(1 << 10, 0.9);
        put(map, "a", 5);
        map.covers(9);
        map.covers(7);
        assertEquals(9, map.latestOffset());
        map.clear();
        assertEquals(KeyOffsetMap.ABSENT, map.latestOffset());
        assertEquals(KeyOffsetMap.ABSENT, get(map, "a"));
        assertEquals(0, map.size());
    }

    @Test
    void agreesWithAHashMapUntilItIsFull() {
        Random random = new Random(1);
        KeyOffsetMap map = new KeyOffsetMap(24 * 5000, 0.95);
        Map<String, Long> model = new HashMap<>();
        for (long offset = 0; offset < 40_000; offset++) {
            String key = "k" + random.nextInt(20_000);
            boolean fits = model.containsKey(key) || model.size() < map.capacity();
            assertEquals(fits, put(map, key, offset));
            if (fits) {
                model.put(key, offset);
            }
        }
        assertTrue(map.isFull());
        for (int i = 0; i < 20_000; i++) {
            assertEquals(model.getOrDefault("k" + i, KeyOffsetMap.ABSENT), get(map, "k" + i));
        }
    }
}
