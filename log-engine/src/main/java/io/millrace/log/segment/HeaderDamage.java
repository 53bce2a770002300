package io.millrace.log.segment;

/**
 * A batch whose header bytes outside its CRC are not those that were written.
 *
 * @param position of the batch in its segment; of the first batch that may be meant where {@code exact} is false
 * @param offset the base offset that is read there, or that was written where that is known
 * @param exact whether the one batch and its wrong field were found
 * @param cause what is wrong, in words
 */
public record HeaderDamage(int position, long offset, boolean exact, String cause) {}
