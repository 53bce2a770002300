package io.millrace.broker.schema.store;

/**
 * Names of subjects with their context: {@code orders-value} is in the default context, {@code :.staging:orders-value} in
 * {@code .staging}. Ids are counted for each context on its own. Stateless.
 */
public final class SubjectName {
    /** The context of names without one. */
    public static final String DEFAULT_CONTEXT = ".";

    /** Stands for all contexts in a prefix. */
    public static final String EVERY_CONTEXT = ":*:";

    private SubjectName() {}

    /** The context, with its dot. */
    public static String context(String subject) {
        int end = subject.startsWith(":.") ? subject.indexOf(':', 1) : -1;
        return end < 0 ? DEFAULT_CONTEXT : subject.substring(1, end);
    }

    /** The name within its context. */
    public static String plain(String subject) {
        int end = subject.startsWith(":.") ? subject.indexOf(':', 1) : -1;
        return end < 0 ? subject : subject.substring(end + 1);
    }

    /** The name as it is stored: the default context is left out. */
    public static String of(String context, String plain) {
        return context.equals(DEFAULT_CONTEXT) ? plain : ":" + context + ":" + plain;
    }

    /** The same subject as it is stored. */
    public static String normalized(String subject) {
        return of(context(subject), plain(subject));
    }

    /** A name that one schema uses for another: in its own context where it names none. */
    public static String within(String parent, String subject) {
        return subject.startsWith(":.") ? normalized(subject) : of(context(parent), subject);
    }
}
