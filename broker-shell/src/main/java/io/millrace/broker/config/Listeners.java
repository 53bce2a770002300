package io.millrace.broker.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The listeners of a node, checked against each other.
 *
 * @param bound       where the node listens.
 * @param advertised  what clients and peers are told, same names; port 0 stands for the bound port.
 * @param interBroker name of the listener that brokers use among themselves; empty for a controller alone.
 */
record Listeners(List<ListenerSpec> bound, List<ListenerSpec> advertised, String interBroker) {
    private static final String ADVERTISED = "advertised.listeners";
    private static final String PROTOCOLS = "listener.security.protocol.map";
    private static final String INTER_BROKER = "inter.broker.listener.name";

    static Listeners resolve(final SettingValues values, final boolean withoutFile) {
        final Set<String> controllers = new HashSet<>();
        values.list(Defaults.CONTROLLER_LISTENERS).forEach(name -> controllers.add(name.toUpperCase(Locale.ROOT)));
        final List<ListenerSpec> bound = parse(Defaults.LISTENERS, values, controllers);
        checkDistinct(bound, values.setting(Defaults.LISTENERS));
        checkProtocols(bound, controllers, values);
        checkRoles(bound, controllers, values);
        final List<ListenerSpec> advertised = advertised(bound, controllers, values, withoutFile);
        return new Listeners(List.copyOf(bound), List.copyOf(advertised), interBroker(bound, values));
    }

    private static List<ListenerSpec> parse(
            final String name, final SettingValues values, final Set<String> controllers) {
        final List<ListenerSpec> specs = new ArrayList<>();
        for (final String text : values.text(name).split(",", -1)) {
            final ListenerSpec spec = ListenerSpec.parse(text, values.setting(name));
            specs.add(new ListenerSpec(spec.name(), spec.host(), spec.port(), controllers.contains(spec.name())));
        }
        return specs;
    }

    private static void checkDistinct(final List<ListenerSpec> specs, final Setting from) {
        final Set<String> names = new HashSet<>();
        final Set<String> addresses = new HashSet<>();
        for (final ListenerSpec spec : specs) {
            if (!names.add(spec.name())) {
                throw from.error("two listeners are named " + spec.name());
            }
            if (spec.port() != 0 && !addresses.add(spec.host() + ":" + spec.port())) {
                throw from.error("two listeners have the port " + spec.port());
            }
        }
    }

    private static void checkProtocols(
            final List<ListenerSpec> specs, final Set<String> controllers, final SettingValues values) {
        final Map<String, String> protocols = protocols(values);
        if (!values.isGiven(PROTOCOLS)) {
            controllers.forEach(name -> protocols.putIfAbsent(name, "PLAINTEXT"));
        }
        for (final ListenerSpec spec : specs) {
            final String protocol = protocols.get(spec.name());
            if (protocol == null) {
                throw values.setting(PROTOCOLS).error("says nothing about listener " + spec.name());
            }
            if (!protocol.equals("PLAINTEXT")) {
                throw values.setting(Defaults.LISTENERS)
                        .error("listener " + spec.name() + " asks for " + protocol + ", only PLAINTEXT is served yet");
            }
        }
    }

    private static Map<String, String> protocols(final SettingValues values) {
        final Setting setting = values.setting(PROTOCOLS);
        final Map<String, String> protocols = new HashMap<>();
        for (final String entry : setting.value().split(",", -1)) {
            final String[] parts = entry.strip().toUpperCase(Locale.ROOT).split(":", -1);
            if (parts.length != 2) {
                throw setting.error("'" + entry.strip() + "' is not of the form NAME:PROTOCOL");
            }
            protocols.put(parts[0], parts[1]);
        }
        return protocols;
    }

    private static void checkRoles(
            final List<ListenerSpec> specs, final Set<String> controllers, final SettingValues values) {
        final List<String> roles = values.list(Defaults.ROLES);
        final Setting listeners = values.setting(Defaults.LISTENERS);
        final boolean anyController = specs.stream().anyMatch(ListenerSpec::controller);
        final boolean anyClients = specs.stream().anyMatch(spec -> !spec.controller());
        if (roles.contains("controller") && !anyController) {
            throw listeners.error(
                    "has no controller listener, controller.listener.names asks for " + String.join(",", controllers));
        }
        if (!roles.contains("controller") && anyController) {
            throw listeners.error("has a controller listener, but process.roles names no controller");
        }
        if (roles.contains("broker") && !anyClients) {
            throw listeners.error("has no listener for clients");
        }
        if (!roles.contains("broker") && anyClients) {
            throw listeners.error("has a listener for clients, but process.roles names no broker");
        }
    }

    private static List<ListenerSpec> advertised(
            final List<ListenerSpec> bound,
            final Set<String> controllers,
            final SettingValues values,
            final boolean withoutFile) {
        final List<ListenerSpec> told = values.isGiven(ADVERTISED) ? told(bound, controllers, values) : bound;
        final List<ListenerSpec> advertised = new ArrayList<>();
        for (final ListenerSpec spec : told) {
            advertised.add(spec.onAllAddresses() ? spec.at(withoutFile ? "localhost" : thisHost(), spec.port()) : spec);
        }
        for (final ListenerSpec spec : bound) {
            if (spec.controller()
                    && advertised.stream().noneMatch(other -> other.name().equals(spec.name()))) {
                advertised.add(spec.onAllAddresses() ? spec.at(thisHost(), spec.port()) : spec);
            }
        }
        return advertised;
    }

    private static List<ListenerSpec> told(
            final List<ListenerSpec> bound, final Set<String> controllers, final SettingValues values) {
        final Setting setting = values.setting(ADVERTISED);
        final List<ListenerSpec> told = parse(ADVERTISED, values, controllers);
        for (final ListenerSpec spec : told) {
            if (bound.stream().noneMatch(other -> other.name().equals(spec.name()))) {
                throw setting.error("listener " + spec.name() + " is not one of listeners");
            }
            if (spec.onAllAddresses() && !spec.host().isEmpty()) {
                throw setting.error(spec.host() + " is no address that a client could connect to");
            }
        }
        if (values.list(Defaults.ROLES).contains("broker") && told.stream().allMatch(ListenerSpec::controller)) {
            throw setting.error("has no listener for clients");
        }
        return told;
    }

    private static String interBroker(final List<ListenerSpec> bound, final SettingValues values) {
        final List<String> names = bound.stream()
                .filter(spec -> !spec.controller())
                .map(ListenerSpec::name)
                .toList();
        if (names.isEmpty()) {
            return "";
        }
        if (values.isGiven(INTER_BROKER)) {
            if (values.isGiven("security.inter.broker.protocol")) {
                throw values.setting(INTER_BROKER).error("security.inter.broker.protocol is set too, keep one of them");
            }
            final String name = String.valueOf(values.get(INTER_BROKER)).toUpperCase(Locale.ROOT);
            if (!names.contains(name)) {
                throw values.setting(INTER_BROKER).error("is none of the listeners " + String.join(", ", names));
            }
            return name;
        }
        checkInterBrokerProtocol(values);
        if (names.size() > 1 && !names.contains("PLAINTEXT")) {
            throw values.setting(Defaults.LISTENERS).error("inter.broker.listener.name must say which one brokers use");
        }
        return names.contains("PLAINTEXT") ? "PLAINTEXT" : names.get(0);
    }

    private static void checkInterBrokerProtocol(final SettingValues values) {
        final Setting protocol = values.setting("security.inter.broker.protocol");
        if (!protocol.value().equals("PLAINTEXT")) {
            throw protocol.error("only PLAINTEXT is served yet");
        }
    }

    private static String thisHost() {
        try {
            return InetAddress.getLocalHost().getCanonicalHostName();
        } catch (final UnknownHostException e) {
            return "localhost";
        }
    }
}
