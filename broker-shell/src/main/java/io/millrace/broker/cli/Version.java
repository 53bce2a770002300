package io.millrace.broker.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints: the version in the jar's manifest, Kafka's, and the JVM's. */
public final class Version implements IVersionProvider {
    /**
     * The version of this build.
     *
     * @return as in the jar's manifest; {@code development} outside of a jar.
     */
    static String millrace() {
        final String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "millrace " + millrace() + " (Kafka " + org.apache.kafka.common.utils.AppInfoParser.getVersion() + ", Java "
                    + Runtime.version() + ")"
        };
    }
}
