/**
 * Files and mapped memory: the only place that opens files, reserves blocks and maps memory.
 *
 * <p>In flows a path and a length, out flow a {@link io.millrace.mapped.StorageFile} (an open channel whose failures are
 * {@link io.millrace.mapped.StorageException}s) and a {@link io.millrace.mapped.MappedRegion} (a window on its bytes).
 * Whoever opens a file or maps a region owns it and closes it; nothing here is shared behind the owner's back.
 *
 * <p>Rules that keep mapped memory safe:
 *
 * <ol>
 *   <li>blocks are reserved ({@link io.millrace.mapped.StorageFile#reserve}) before anything is stored through a mapping,
 *       so that a full disk is a {@code NO_SPACE} at the reservation and never a fault in a store;
 *   <li>no native or intrinsic code (CRC, codecs, {@code mismatch}) ever reads a mapping: it reads a buffer;
 *   <li>a region is closed only when no thread is inside it: on JDK 17 an access after that would end the process;
 *   <li>a bad page that is met all the same arrives as an {@link java.lang.InternalError}; the append path turns it into a
 *       {@code StorageException} by {@link io.millrace.mapped.MappedRegion#accessFailed} in one place.
 * </ol>
 *
 * <p>Works without any JVM flag on JDK 17 and newer, and prints nothing.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.mapped;
