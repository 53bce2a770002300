package io.millrace.broker.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether anybody listens at the bootstrap servers. Kafka's clients retry in silence until their time is up; a plain
 * connection tells at once that the address is wrong or the broker is down.
 */
final class Reachability {
    private static final Pattern FORM = Pattern.compile("(?:\\[([0-9a-fA-F:.%]+)]|([^:/\\s\\[\\]]+)):(\\d{1,5})");
    private static final int CONNECT_TIMEOUT_MS = 3_000;

    private Reachability() {}

    static void check(final String bootstrapServers, final int timeoutMs) {
        final List<String> refused = new ArrayList<>();
        for (final String server : bootstrapServers.split(",", -1)) {
            final String refusal = tryConnect(server.strip(), Math.min(timeoutMs, CONNECT_TIMEOUT_MS));
            if (refusal.isEmpty()) {
                return;
            }
            refused.add(refusal);
        }
        throw new CommandException("no broker reached: " + String.join("; ", refused));
    }

    private static String tryConnect(final String server, final int timeoutMs) {
        final Matcher matcher = FORM.matcher(server);
        if (!matcher.matches() || Integer.parseInt(matcher.group(3)) > 65_535) {
            throw new UsageException("--bootstrap-server " + server + ": not of the form host:port");
        }
        final String host = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
        final InetSocketAddress address = new InetSocketAddress(host, Integer.parseInt(matcher.group(3)));
        if (address.isUnresolved()) {
            return server + ": unknown host";
        }
        try (Socket socket = new Socket()) {
            socket.connect(address, timeoutMs);
            return "";
        } catch (final IOException e) {
            return server + ": " + String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        }
    }
}
