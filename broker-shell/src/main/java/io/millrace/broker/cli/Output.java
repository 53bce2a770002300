package io.millrace.broker.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
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

    private static final PrintStream AT_START = System.out;

    private final OutputStream out;

    Output(final OutputStream out) {
        this.out = new BufferedOutputStream(out, BUFFER_BYTES);
    }

    /** The process's own; a test that replaced {@link System#out} gets it there. */
    static Output standard() {
        return new Output(Output.isReplaced() ? System.out : new FileOutputStream(FileDescriptor.out));
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

    private static boolean isReplaced() {
        return System.out != AT_START;
    }
}
