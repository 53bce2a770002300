package io.millrace.library;

/**
 * A tailer has met a batch that its producer compressed: the library has no codecs. The tailer stands where it stood; {@code
 * tailer.seek(e.nextOffset())} passes the batch over, and {@link BatchTailer} gives its bytes as they are.
 */
public final class CompressedBatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};

    private final int codec;
    private final long baseOffset;
    private final long nextOffset;

    CompressedBatchException(String log, int codec, long baseOffset, long nextOffset) {
        super("log " + log + ": the batch at offsets " + baseOffset + " to " + (nextOffset - 1) + " is compressed ("
                + (codec < CODECS.length ? CODECS[codec] : "codec " + codec)
                + "), and the library has no codecs: seek to " + nextOffset
                + " to pass it over, or read whole batches with buildBatches()");
        this.codec = codec;
        this.baseOffset = baseOffset;
        this.nextOffset = nextOffset;
    }

    /** 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
    public int codec() {
        return codec;
    }

    /** Offset of the batch's first record. */
    public long baseOffset() {
        return baseOffset;
    }

    /** Offset after the batch's last record. */
    public long nextOffset() {
        return nextOffset;
    }
}
