package io.millrace.mapped;

import org.jspecify.annotations.Nullable;

/** {@link Posix} by the foreign function interface, for JDK 24 and newer. */
final class ForeignPosix {
    private ForeignPosix() {}

    static @Nullable Posix load() {
        return null;
    }
}
