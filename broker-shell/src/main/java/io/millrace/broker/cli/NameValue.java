package io.millrace.broker.cli;

/**
 * An argument of the form {@code name=value}.
 *
 * @param name  not empty.
 * @param value as written, spaces kept: {@code key.separator= } is a space.
 */
record NameValue(String name, String value) {
    static NameValue parse(final String option, final String text) {
        final int equals = text.indexOf('=');
        if (equals < 1) {
            throw new UsageException(option + " " + text + ": not of the form name=value");
        }
        return new NameValue(text.substring(0, equals).strip(), text.substring(equals + 1));
    }
}
