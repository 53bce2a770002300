package io.millrace.log.compact;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The last offset of each key, in a fixed amount of memory: an open hash table in one array, three longs a slot.
 *
 * <pre>
 *  slot: hash (128 bits) | offset + 1, 0 where the slot is free
 * </pre>
 *
 * <p>A key is known by its hash alone: MD5 over a salt that is drawn anew for each map, and the key. Two of a billion keys have the same
 * hash with a probability of 10^-21, and whoever does not know the salt cannot make two that have. The slots are a prime number of them,
 * tried at distances that another part of the hash gives, so that a table that is nine tenths full is still found through in some ten
 * tries.
 *
 * <p>Owned by one thread.
 */
public final class KeyOffsetMap {
    /** Bytes of a slot. */
    public static final int SLOT_BYTES = 3 * Long.BYTES;
    /** Smallest map: room for three slots. */
    public static final int BYTES_MIN = 3 * SLOT_BYTES;
    /** The offset of a key that is not there. */
    public static final long ABSENT = -1;

    private static final int HASH_BYTES = 16;
    private static final int SLOTS_MAX = Integer.MAX_VALUE / 3 - 1;

    private final MessageDigest digest;
    private final byte[] salt = new byte[HASH_BYTES];
    private final byte[] hash = new byte[HASH_BYTES];
    private final ByteBuffer hashed = ByteBuffer.wrap(hash);
    private final long[] table;
    private final int slots;
    private final int entriesMax;
    private int entries;
    private long latestOffset = ABSENT;

    /** A map that takes at most {@code bytes} of memory and is never fuller than {@code loadFactor}, but takes a key at least. */
    public KeyOffsetMap(long bytes, double loadFactor) {
        if (bytes < BYTES_MIN) {
            throw new IllegalArgumentException("no key fits into " + bytes + " bytes");
        }
        slots = primeAtMost((int) Math.min(SLOTS_MAX, bytes / SLOT_BYTES));
        entriesMax = (int) Math.max(1, Math.min(slots - 1, slots * loadFactor));
        table = new long[slots * 3];
        try {
            digest = MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
        new SecureRandom().nextBytes(salt);
    }

    /** Bytes of the smallest map that takes so many keys. */
    public static long bytesFor(long keys, double loadFactor) {
        long wanted = (long) Math.min(SLOTS_MAX, (keys + 1) / loadFactor + 1);
        // The largest prime below is at most some hundreds smaller in this range.
        return Math.max(BYTES_MIN, (wanted + 512) * SLOT_BYTES);
    }

    private static int primeAtMost(int bound) {
        int candidate = bound;
        while (!isPrime(candidate)) {
            candidate--;
        }
        return candidate;
    }

    private static boolean isPrime(int number) {
        for (long divisor = 2; divisor * divisor <= number; divisor++) {
            if (number % divisor == 0) {
                return false;
            }
        }
        return number > 1;
    }

    /** Whether a key that is not there yet has no room any more. */
    public boolean isFull() {
        return entries >= entriesMax;
    }

    /**
     * Notes the offset of a key, which is above all that were noted before.
     *
     * @param buffer holds the key; on the heap
     * @return false where the key is new and the map is full: nothing has been noted
     */
    public boolean put(ByteBuffer buffer, int keyPosition, int keyLength, long offset) {
        int slot = slotOf(buffer, keyPosition, keyLength);
        if (table[slot + 2] == 0) {
            if (isFull()) {
                return false;
            }
            entries++;
            table[slot] = hashed.getLong(0);
            table[slot + 1] = hashed.getLong(Long.BYTES);
        }
        table[slot + 2] = offset + 1;
        latestOffset = offset;
        return true;
    }

    /** The last offset that was noted for a key, {@link #ABSENT} where none was. */
    public long get(ByteBuffer buffer, int keyPosition, int keyLength) {
        return table[slotOf(buffer, keyPosition, keyLength) + 2] - 1;
    }

    /** Index in the table of the slot that has the key, or of the free one where it belongs; leaves its hash behind. */
    private int slotOf(ByteBuffer buffer, int keyPosition, int keyLength) {
        hash(buffer, keyPosition, keyLength);
        long high = hashed.getLong(0);
        long low = hashed.getLong(Long.BYTES);
        int slot = (int) Long.remainderUnsigned(high, slots);
        int step = 1 + (int) Long.remainderUnsigned(low, slots - 1);
        while (true) {
            int at = slot * 3;
            if (table[at + 2] == 0 || (table[at] == high && table[at + 1] == low)) {
                return at;
            }
            slot += step;
            if (slot >= slots) {
                slot -= slots;
            }
        }
    }

    private void hash(ByteBuffer buffer, int keyPosition, int keyLength) {
        digest.update(salt);
        digest.update(buffer.array(), buffer.arrayOffset() + keyPosition, keyLength);
        try {
            digest.digest(hash, 0, HASH_BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException("MD5 has " + HASH_BYTES + " bytes", e);
        }
    }

    /** All offsets up to this one are covered, though they may have no key. */
    public void covers(long offset) {
        latestOffset = Math.max(latestOffset, offset);
    }

    /** The last offset that is covered; what lies above is not for this map to judge. */
    public long latestOffset() {
        return latestOffset;
    }

    /** Number of keys. */
    public int size() {
        return entries;
    }

    /** How many keys fit. */
    public int capacity() {
        return entriesMax;
    }

    /** Memory of the table in bytes. */
    public long bytes() {
        return (long) slots * SLOT_BYTES;
    }

    /** Forgets all keys. */
    public void clear() {
        Arrays.fill(table, 0);
        entries = 0;
        latestOffset = ABSENT;
    }
}
