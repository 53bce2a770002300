package io.millrace.broker.stat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whoever may connect, on this machine and with the rights on the data directory, what the node measures: a Unix socket
 * {@value #NAME} in that directory, on which each connection gets the lines and is closed. Owned by the node; one thread, which waits in
 * accept. A node whose directory has no room for a socket runs without it.
 */
public final class StatSocket implements AutoCloseable {
    /** Name of the socket in the data directory. */
    public static final String NAME = "millrace.stat";

    private static final Logger LOG = LoggerFactory.getLogger(StatSocket.class);

    private final ServerSocketChannel server;
    private final Path path;
    private final Supplier<List<String>> lines;

    private StatSocket(ServerSocketChannel server, Path path, Supplier<List<String>> lines) {
        this.server = server;
        this.path = path;
        this.lines = lines;
    }

    /** Opens the socket; null, with a line in the log, where it cannot be had. The caller holds the directory's lock. */
    public static @Nullable StatSocket open(Path dataDirectory, Supplier<List<String>> lines) {
        Path path = dataDirectory.resolve(NAME);
        try {
            Files.deleteIfExists(path); // of a node that was killed
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                server.bind(UnixDomainSocketAddress.of(path));
            } catch (IOException | RuntimeException e) {
                server.close();
                throw e;
            }
            StatSocket socket = new StatSocket(server, path, lines);
            Thread thread = new Thread(socket::serve, "millrace-stat");
            thread.setDaemon(true);
            thread.start();
            return socket;
        } catch (IOException | RuntimeException e) {
            LOG.info("no statistics of this node: {}: {}", path, e.getMessage());
            return null;
        }
    }

    /**
     * Asks the node that runs on a data directory.
     *
     * @throws IOException when none does, or it does not answer
     */
    public static List<String> ask(Path dataDirectory) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(dataDirectory.resolve(NAME)))) {
            byte[] all = Channels.newInputStream(channel).readAllBytes();
            return new String(all, StandardCharsets.UTF_8).lines().toList();
        }
    }

    private void serve() {
        while (server.isOpen()) {
            try (SocketChannel asked = server.accept()) {
                String text = String.join("\n", lines.get()) + "\n";
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) { // less than a socket takes at once
                    asked.write(bytes);
                }
            } catch (ClosedChannelException e) {
                LOG.debug("statistics end", e);
            } catch (IOException | RuntimeException e) {
                LOG.debug("statistics not sent", e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(path);
    }
}
