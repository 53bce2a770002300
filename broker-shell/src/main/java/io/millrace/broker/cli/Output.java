package io.millrace.broker.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Standard output as bytes, buffered. Unlike a {@link java.io.PrintStream} it does not swallow what goes wrong: a closed
 * pipe ends the command as it would end any other filter. One thread.
 */
final class Output implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    private static final byte[] LINE_FEED = {'\n'};
    private static final int BUFFER_BYTES = 64 * 1024;

    private final OutputStream out;

    Output(final OutputStream out) {
        this.out = new BufferedOutputStream(out, BUFFER_BYTES);
    }

    /** The process's own. */
    static Output standard() {
        return new Output(new Checked(System.out));
    }

    void line(final String text) {
        bytes(text.getBytes(StandardCharsets.UTF_8));
        bytes(LINE_FEED);
    }

    void json(final Object value) {
        try {
            line(JSON.writeValueAsString(value));
        } catch (final JsonProcessingException e) {
            throw new IllegalStateException("not representable as JSON: " + value, e);
        }
    }

    void bytes(final byte[] bytes) {
        try {
            out.write(bytes);
        } catch (final IOException e) {
            throw new BrokenPipeException(e);
        }
    }

    void flush() {
        try {
            out.flush();
        } catch (final IOException e) {
            throw new BrokenPipeException(e);
        }
    }

    /** Flushes; standard output itself stays open. */
    @Override
    public void close() {
        flush();
    }

    /** A {@link PrintStream} notes errors and goes on; this one says them. */
    private static final class Checked extends OutputStream {
        private final PrintStream to;

        Checked(final PrintStream to) {
            super();
            this.to = to;
        }

        @Override
        public void write(final int single) throws IOException {
            to.write(single);
            check();
        }

        @Override
        public void write(final byte[] bytes, final int from, final int length) throws IOException {
            to.write(bytes, from, length);
            check();
        }

        @Override
        public void flush() throws IOException {
            check();
        }

        /** Flushes as well. */
        private void check() throws IOException {
            if (to.checkError()) {
                throw new IOException("standard output is closed");
            }
        }
    }
}
