/**
 * Fetch: from an offset to a slice of a segment file. A request, or the incremental session it continues (KIP-227),
 * names partitions; each is read up to the high watermark or the last stable offset; the slices go to the network
 * layer, which hands them to sendfile. When there is less than the client asked for, the request becomes an entry with
 * each of its partitions and a timer, not a thread.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.broker.request.fetch;
