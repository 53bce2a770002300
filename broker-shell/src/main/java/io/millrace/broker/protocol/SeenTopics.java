package io.millrace.broker.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Gives topic names and ids that stand in frames as objects, and the same object again while the topic is in use, so that reading a
 * request allocates nothing. Each name and each id has one place, by its hash; whoever comes later takes it. Nothing is known of whether a topic
 * exists. Owned by one thread.
 */
public final class SeenTopics {
    private static final int PLACES = 1024;
    private static final int HASH_FACTOR = 31;

    private final @Nullable String[] names = new String[PLACES];
    private final byte[][] nameBytes = new byte[PLACES][];
    private final @Nullable Uuid[] ids = new Uuid[PLACES];

    /** The name whose UTF-8 bytes stand in {@code buffer}. */
    String name(ByteBuffer buffer, int at, int length) {
        int hash = 0;
        for (int i = at; i < at + length; i++) {
            hash = HASH_FACTOR * hash + buffer.get(i);
        }
        int place = place(hash);
        String known = names[place];
        return known != null && isSame(nameBytes[place], buffer, at, length) ? known : see(place, buffer, at, length);
    }

    Uuid id(long mostSignificant, long leastSignificant) {
        int place = place(Long.hashCode(mostSignificant ^ leastSignificant));
        Uuid known = ids[place];
        if (known == null
                || known.getMostSignificantBits() != mostSignificant
                || known.getLeastSignificantBits() != leastSignificant) {
            known = new Uuid(mostSignificant, leastSignificant);
            ids[place] = known;
        }
        return known;
    }

    private String see(int place, ByteBuffer buffer, int at, int length) {
        byte[] copy = new byte[length];
        buffer.get(at, copy);
        String name = new String(copy, StandardCharsets.UTF_8);
        nameBytes[place] = copy;
        names[place] = name;
        return name;
    }

    private static boolean isSame(byte[] known, ByteBuffer buffer, int at, int length) {
        if (known.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (known[i] != buffer.get(at + i)) {
                return false;
            }
        }
        return true;
    }

    private static int place(int hash) {
        return (hash ^ (hash >>> 16)) & (PLACES - 1);
    }
}
