package io.millrace.library;

/** What a successful append of a store promises. */
public enum Durability {
    /** An append survives the end of the process, also {@code kill -9}; a power cut may take what the system had not written back. */
    PAGE_CACHE,
    /** As {@link #PAGE_CACHE}, and a power cut takes at most what was appended within the store's flush interval. */
    INTERVAL,
    /** An append returns only after its bytes are on the disk. */
    SYNC
}
