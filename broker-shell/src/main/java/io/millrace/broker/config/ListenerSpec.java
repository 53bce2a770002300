package io.millrace.broker.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One entry of {@code listeners} or {@code advertised.listeners}.
 *
 * @param name       the listener's name in upper case, for example PLAINTEXT or CONTROLLER.
 * @param host       name or address without brackets; empty for all addresses of the machine.
 * @param port       0 for any free port; in an advertised listener 0 stands for the port that was bound.
 * @param controller whether it serves the control plane (named in {@code controller.listener.names}).
 */
public record ListenerSpec(String name, String host, int port, boolean controller) {
    private static final Pattern FORM =
            Pattern.compile("([A-Za-z0-9_.-]+)://(?:\\[([0-9a-fA-F:.%]*)]|([^:/\\[\\]]*)):(\\d{1,5})");

    /**
     * Whether the listener takes connections on every address of the machine.
     *
     * @return true for an empty host, 0.0.0.0 and ::.
     */
    public boolean onAllAddresses() {
        return host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
    }

    /**
     * The same listener at another address.
     *
     * @param newHost the host.
     * @param newPort the port.
     * @return a copy.
     */
    public ListenerSpec at(final String newHost, final int newPort) {
        return new ListenerSpec(name, newHost, newPort, controller);
    }

    @Override
    public String toString() {
        return name + "://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** Reads {@code http://host:port}. */
    static ListenerSpec http(final String text, final Setting from) {
        final ListenerSpec spec = parse(text, from);
        if (spec.name().equals("HTTPS")) {
            throw from.error("TLS is not built yet, only http://host:port is served");
        }
        if (!spec.name().equals("HTTP")) {
            throw from.error("'" + text.strip() + "' is not of the form http://host:port");
        }
        return spec;
    }

    /** Reads {@code NAME://host:port}; whether it is a controller's is not known yet. */
    static ListenerSpec parse(final String text, final Setting from) {
        final Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            throw from.error("'" + text.strip() + "' is not of the form NAME://host:port");
        }
        final int port = Integer.parseInt(matcher.group(4));
        if (port > 65_535) {
            throw from.error("port " + port + " is above 65535");
        }
        final String host = matcher.group(2) != null ? matcher.group(2) : matcher.group(3);
        return new ListenerSpec(matcher.group(1).toUpperCase(Locale.ROOT), host, port, false);
    }
}
