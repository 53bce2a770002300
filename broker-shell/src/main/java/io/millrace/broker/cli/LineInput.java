package io.millrace.broker.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Lines of an input as bytes, without their line feed (or carriage return and line feed), so that what is not valid UTF-8
 * arrives as it was. One thread.
 */
final class LineInput implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final InputStream in;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    private long count;

    LineInput(final InputStream in) {
        this.in = new BufferedInputStream(in, BUFFER_BYTES);
    }

    /** The next line, which may be empty; null at the end. */
    byte @Nullable [] next() throws IOException {
        line.reset();
        int single = in.read();
        if (single < 0) {
            return null;
        }
        while (single >= 0 && single != '\n') {
            line.write(single);
            single = in.read();
        }
        count++;
        return withoutCarriageReturn(line.toByteArray());
    }

    /** Number of the line that {@link #next} returned last, from 1. */
    long lineNumber() {
        return count;
    }

    private static byte[] withoutCarriageReturn(final byte[] bytes) {
        final boolean crlf = bytes.length > 0 && bytes[bytes.length - 1] == '\r';
        return crlf ? Arrays.copyOf(bytes, bytes.length - 1) : bytes;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
