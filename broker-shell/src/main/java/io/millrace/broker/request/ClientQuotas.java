package io.millrace.broker.request;

/**
 * The quotas of clients by client id and user, as Kafka has them: bytes a second produced and fetched, and a share of processor time.
 * Whoever answers a request asks for how long its client is to be silent; the answer tells the client, and the connection is not read
 * for so long. Any thread.
 */
public interface ClientQuotas {
    /** None in force, ever. */
    ClientQuotas NONE = new ClientQuotas() {
        @Override
        public boolean limitsProduce() {
            return false;
        }

        @Override
        public boolean limitsFetch() {
            return false;
        }

        @Override
        public int produced(Request request, long bytes) {
            return 0;
        }

        @Override
        public int fetched(Request request, long bytes) {
            return 0;
        }

        @Override
        public int fetchBytesMax(Request request, int asked) {
            return asked;
        }
    };

    /** Whether any quota in force bears on Produce. */
    boolean limitsProduce();

    /** Whether any quota in force bears on Fetch. */
    boolean limitsFetch();

    /**
     * Counts a Produce.
     *
     * @param bytes of its record batches
     * @return milliseconds for which the client is to be silent
     */
    int produced(Request request, long bytes);

    /**
     * Counts a Fetch of a consumer. Where the client is to be silent the bytes are not counted: the answer is to have none.
     *
     * @param bytes of the records in its answer
     * @return milliseconds for which the client is to be silent
     */
    int fetched(Request request, long bytes);

    /** So many bytes one answer may have, at most {@code asked}: more could never be within the quota. */
    int fetchBytesMax(Request request, int asked);
}
