package io.millrace.log.segment;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bounds the {@link ReadMapping}s of a process: how many there are, and how much of the page cache they bring into it. One that was not
 * used for a second or two is given back; where there are too many, segments are walked through their files.
 *
 * <p>Arithmetic: {@value #MAPPINGS_MAX} mappings are a 64th of the 65,530 at which the kernel ends a process. A fault maps 64 KiB around the
 * header that was looked at, so that {@value #WINDOWS_MAX} windows are at most 256 MiB of resident pages, which belong to the page cache.
 *
 * <p>Any thread; guarded by itself, asked once a mapping or a window, not once a walk.
 */
final class ReadMappings {
    static final int MAPPINGS_MAX = 1024;
    static final int WINDOWS_MAX = 4096;

    private final Map<ReadMapping, Integer> windows = new HashMap<>();
    private int total;

    /** Whether there may be one more; asked before {@link #admit}. */
    synchronized boolean isMappable() {
        return windows.size() < MAPPINGS_MAX;
    }

    /** Counts a mapping; false where it would be one too many. */
    synchronized boolean admit(ReadMapping mapping) {
        boolean admitted = windows.size() < MAPPINGS_MAX || windows.containsKey(mapping);
        if (admitted) {
            windows.putIfAbsent(mapping, 0);
        }
        return admitted;
    }

    /** Counts one window more of a mapping; where that is too much all of its windows count as let go, and the caller lets go of them. */
    synchronized boolean mayHoldOneMore(ReadMapping mapping) {
        Integer held = windows.get(mapping);
        if (held == null) {
            return true; // it is being dropped
        }
        if (total < WINDOWS_MAX) {
            total++;
            windows.put(mapping, held + 1);
            return true;
        }
        forgetWindows(mapping);
        return false;
    }

    /** None of the windows of a mapping is held any more. */
    synchronized void forgetWindows(ReadMapping mapping) {
        Integer held = windows.replace(mapping, 0);
        total -= held == null ? 0 : held;
    }

    /** The mapping is no more. */
    synchronized void left(ReadMapping mapping) {
        Integer held = windows.remove(mapping);
        total -= held == null ? 0 : held;
    }

    synchronized int count() {
        return windows.size();
    }

    /** Gives back what nobody uses. For a background thread, every second or so. */
    void sweep() {
        List<ReadMapping> mapped;
        synchronized (this) {
            mapped = List.copyOf(windows.keySet());
        }
        mapped.forEach(ReadMapping::releaseIfUnused);
    }
}
