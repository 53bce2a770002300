package io.millrace.broker.schema.store;

/** The topic {@code _schemas} could not be written. */
public class StoreException extends Exception {
    private static final long serialVersionUID = 1L;

    StoreException(String message) {
        super(message);
    }

    /** It takes no record as large as this. */
    public static final class TooLarge extends StoreException {
        private static final long serialVersionUID = 1L;

        TooLarge(String message) {
            super(message);
        }
    }
}
