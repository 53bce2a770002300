package io.millrace.broker.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * A Fetch request of a consumer that goes on with an incremental session, as it lies in its frame. One object is put over one frame after
 * the other and allocates nothing; it refuses whatever such a consumer does not send in its daily work, so that Kafka's classes get it:
 * older versions, tagged fields (followers send them), forgotten partitions, a rack, more than {@link #PARTITIONS_MOST} partitions, anything malformed.
 *
 * <p>Layout (versions 13 to 18; lengths are unsigned varints of length + 1, tagged fields end each structure):
 *
 * <pre>
 *   header  api key int16, version int16, correlation id int32, client id nullable string (int16 length), tags
 *   body    replica id int32 (to 14), max wait int32, min bytes int32, max bytes int32, isolation int8, session id int32, session epoch int32,
 *           topics [ topic id 16 bytes,
 *                    partitions [ index int32, leader epoch int32, fetch offset int64, last fetched epoch int32, log start int64, max bytes int32 ] ],
 *           forgotten [], rack string
 * </pre>
 *
 * <p>Owned by one thread; what it says holds until the next {@link #wrap}.
 */
public final class FetchFrame extends FrameReader {
    /** Partitions that a request names. */
    public static final int PARTITIONS_MOST = 16;

    private static final int VERSION_LEAST = 13;
    private static final int VERSION_MOST = 18;
    private static final int REPLICA_ID_VERSION_MOST = 14;
    private static final int CONSUMER = -1;
    private static final int NULL = -1;

    private final long[] topicIdHigh = new long[PARTITIONS_MOST];
    private final long[] topicIdLow = new long[PARTITIONS_MOST];
    private final int[] index = new int[PARTITIONS_MOST];
    private final int[] leaderEpoch = new int[PARTITIONS_MOST];
    private final long[] offset = new long[PARTITIONS_MOST];
    private final int[] lastFetchedEpoch = new int[PARTITIONS_MOST];
    private final int[] maxBytesOf = new int[PARTITIONS_MOST];

    private short version;
    private int correlationId;
    private int maxWaitMs;
    private int minBytes;
    private int maxBytes;
    private byte isolation;
    private int sessionId;
    private int sessionEpoch;
    private int partitionCount;

    /** Reads the frame from position to limit, which stay. True when all of it is what this class reads. */
    public boolean wrap(ByteBuffer frame) {
        begin(frame);
        partitionCount = 0;
        return readHeader() && readBody() && sound && at == end;
    }

    private boolean readHeader() {
        short api = readShort();
        version = readShort();
        correlationId = readInt();
        if (api != ApiKeys.FETCH.id || version < VERSION_LEAST || version > VERSION_MOST) {
            return false;
        }
        int clientId = readShort();
        skip(clientId == NULL ? 0 : clientId);
        return hasNoTags();
    }

    private boolean readBody() {
        if (version <= REPLICA_ID_VERSION_MOST && readInt() != CONSUMER) {
            return false;
        }
        maxWaitMs = readInt();
        minBytes = readInt();
        maxBytes = readInt();
        isolation = readByte();
        sessionId = readInt();
        sessionEpoch = readInt();
        int topics = readVarint() - 1;
        if (!sound || topics < 0 || topics > PARTITIONS_MOST || sessionId == 0 || sessionEpoch <= 0) {
            return false;
        }
        for (int topic = 0; topic < topics; topic++) {
            if (!readTopic()) {
                return false;
            }
        }
        boolean forgetsNothing = readVarint() == 1;
        boolean hasNoRack = readVarint() == 1; // it may be sent to a follower
        return forgetsNothing && hasNoRack && hasNoTags();
    }

    private boolean readTopic() {
        long high = readLong();
        long low = readLong();
        int partitions = readVarint() - 1;
        if (!sound || partitions < 0 || partitions > PARTITIONS_MOST - partitionCount) {
            return false;
        }
        for (int i = 0; i < partitions; i++) {
            topicIdHigh[partitionCount] = high;
            topicIdLow[partitionCount] = low;
            if (!readPartition(partitionCount++)) {
                return false;
            }
        }
        return hasNoTags();
    }

    private boolean readPartition(int entry) {
        index[entry] = readInt();
        leaderEpoch[entry] = readInt();
        offset[entry] = readLong();
        lastFetchedEpoch[entry] = readInt();
        skip(Long.BYTES); // the log start of a follower
        maxBytesOf[entry] = readInt();
        return hasNoTags();
    }

    private boolean hasNoTags() {
        return readVarint() == 0 && sound;
    }

    /** Version of the request, and of its answer. */
    public short version() {
        return version;
    }

    public int correlationId() {
        return correlationId;
    }

    public int maxWaitMs() {
        return maxWaitMs;
    }

    public int minBytes() {
        return minBytes;
    }

    public int maxBytes() {
        return maxBytes;
    }

    /** Kafka's isolation level: 0 reads what is not committed too. */
    public byte isolation() {
        return isolation;
    }

    public int sessionId() {
        return sessionId;
    }

    public int sessionEpoch() {
        return sessionEpoch;
    }

    /** Partitions that the request names, numbered through. */
    public int partitionCount() {
        return partitionCount;
    }

    /** Most significant bits of the topic's id. */
    public long topicIdHigh(int partition) {
        return topicIdHigh[partition];
    }

    /** Least significant bits of the topic's id. */
    public long topicIdLow(int partition) {
        return topicIdLow[partition];
    }

    /** Partition index within its topic. */
    public int index(int partition) {
        return index[partition];
    }

    public int leaderEpoch(int partition) {
        return leaderEpoch[partition];
    }

    public long offset(int partition) {
        return offset[partition];
    }

    public int lastFetchedEpoch(int partition) {
        return lastFetchedEpoch[partition];
    }

    public int maxBytes(int partition) {
        return maxBytesOf[partition];
    }
}
