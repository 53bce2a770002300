package io.millrace.perf.cli;

import io.millrace.perf.target.BrokerSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** How brokers are started, and what their clients are told. */
final class BrokerOptions {
    @Option(
            names = "--millrace-jar",
            defaultValue = "broker-shell/target/millrace.jar",
            description = "Millrace (${DEFAULT-VALUE}).")
    private Path jar = Path.of("");

    @Option(names = "--jvm-flag", description = "For every broker that is started; may be repeated (-Xmx1g).")
    private List<String> jvmFlags = new ArrayList<>();

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "A setting of every broker that is started.")
    private List<String> settings = new ArrayList<>();

    @Option(
            names = "--data-dir",
            defaultValue = "${sys:java.io.tmpdir}",
            description = "Where started brokers get a directory, removed at the end (${DEFAULT-VALUE}).")
    private Path parent = Path.of("");

    @Option(
            names = "--client",
            paramLabel = "NAME=VALUE",
            description =
                    "A setting of every Kafka client: security.protocol=SSL, ssl.truststore.location=… for TLS, with --path=real.")
    private Map<String, String> clients = new LinkedHashMap<>();

    BrokerSpec.Launch launch() {
        return new BrokerSpec.Launch(
                jar.toAbsolutePath(), jvmFlags.isEmpty() ? List.of("-Xmx1g") : jvmFlags, settings, parent);
    }

    /** Settings of the clients; TLS is refused where no Kafka client would speak it. */
    Map<String, String> clientSettings(boolean lean) {
        String protocol = clients.getOrDefault("security.protocol", "PLAINTEXT");
        if (lean && !protocol.equals("PLAINTEXT")) {
            throw new IllegalArgumentException(
                    "the lean path speaks plain TCP: security.protocol=" + protocol + " wants --path=real");
        }
        return clients;
    }
}
