package io.millrace.broker.config;

/** A setting that the node cannot start with. The message is one line that says what is wrong and where it was set. */
public final class ConfigException extends RuntimeException {
    /**
     * Makes an exception for one bad setting.
     *
     * @param message one line: name and value, what is wrong, and in parentheses where it stands.
     */
    public ConfigException(final String message) {
        super(message);
    }
}
