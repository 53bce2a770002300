package io.millrace.log.compact;

/**
 * What one completed cleaning has done.
 *
 * @param firstDirtyOffset where it began to map keys
 * @param endOffset where the next one will begin: below {@code boundOffset} where the keys did not fit the map
 * @param boundOffset where the part ends that might be cleaned
 * @param bytesMapped bytes read for the map of keys
 * @param bytesRead bytes of the segments before
 * @param bytesWritten bytes of the segments after
 * @param recordsRead records before, without those that went with a whole batch of an aborted transaction
 * @param recordsKept records after
 * @param recordsWithoutKey records that went because they have no key
 * @param segmentsBefore how many segments were cleaned
 * @param segmentsAfter how many took their place
 * @param mapUse part of the map of keys that was in use, 0 to 1
 * @param elapsedNs how long it took
 */
public record CleaningReport(
        long firstDirtyOffset,
        long endOffset,
        long boundOffset,
        long bytesMapped,
        long bytesRead,
        long bytesWritten,
        long recordsRead,
        long recordsKept,
        long recordsWithoutKey,
        int segmentsBefore,
        int segmentsAfter,
        double mapUse,
        long elapsedNs) {}
