package io.millrace.broker.partition;

/** The brokers of the cluster as the newest metadata has them. Any thread; no blocking, no allocation. */
public interface LiveBrokers {
    /** Every broker may join; no epoch is known. */
    LiveBrokers ALL = new LiveBrokers() {
        @Override
        public long epoch(int brokerId) {
            return UNKNOWN_EPOCH;
        }

        @Override
        public boolean mayJoin(int brokerId) {
            return true;
        }

        @Override
        public String rack(int brokerId) {
            return "";
        }
    };

    /** No registration is known, or a request does not name one. */
    long UNKNOWN_EPOCH = -1;

    /** Epoch of the broker's registration, {@link #UNKNOWN_EPOCH} without one. */
    long epoch(int brokerId);

    /** Whether it may come into an ISR: registered, not fenced, not about to stop. */
    boolean mayJoin(int brokerId);

    /** Where the broker stands, empty where it does not say. */
    String rack(int brokerId);
}
