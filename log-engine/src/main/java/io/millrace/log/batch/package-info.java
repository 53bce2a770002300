/**
 * Record batch v2: the bytes that come in from producers and from leaders, that are stored, and that go out unchanged.
 *
 * <p>In: a buffer with one or more batches. Out: a {@link io.millrace.log.batch.BatchVerdict}, header fields, and the records
 * of an uncompressed batch through a cursor. Nothing here opens a file, keeps a reference to a buffer beyond the call that
 * passed it (a cursor keeps it until the next {@code wrap}), or reads mapped memory through native code: a checksum is only ever
 * computed over a heap or direct buffer of the caller. Hot paths allocate nothing.
 */
@NullMarked
package io.millrace.log.batch;

import org.jspecify.annotations.NullMarked;
