package io.millrace.log.compact;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Inflates and deflates the records of a batch: the seam by which whoever has the codecs lends them to the cleaner, which has none.
 *
 * <p>Codecs are numbered as in the attributes of a batch: 1 gzip, 2 snappy, 3 lz4, 4 zstd. Called by several threads at once. The buffers
 * are on the heap. Where the bytes are not sound an implementation may throw whatever it likes.
 */
public interface RecordCodec {
    /** The records, one after the other; the buffer is read from position to limit and is not kept after the close. */
    InputStream inflate(int codec, ByteBuffer compressed) throws IOException;

    /** The records compressed again, in a buffer of their own, from its position to its limit. */
    ByteBuffer deflate(int codec, ByteBuffer records) throws IOException;
}
