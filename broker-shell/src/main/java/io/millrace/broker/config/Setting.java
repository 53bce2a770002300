package io.millrace.broker.config;

/**
 * One name with its value, and where somebody wrote it.
 *
 * @param name  in Kafka's dotted form.
 * @param value as written, not yet parsed.
 * @param where for people: {@code server.properties:12}, {@code --set} or {@code environment variable KAFKA_NODE_ID}.
 */
record Setting(String name, String value, String where) {
    /**
     * An error at this setting.
     *
     * @param what what is wrong, without name and place.
     * @return the exception to throw.
     */
    ConfigException error(final String what) {
        return new ConfigException(name + "=" + value + ": " + what + " (" + where + ")");
    }
}
