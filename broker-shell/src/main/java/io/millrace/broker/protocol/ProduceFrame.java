package io.millrace.broker.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * A Produce request as it lies in its frame: where its topics, partitions and record batches are. One object is put over one frame
 * after the other and allocates nothing; it reads what Kafka's generated classes read, and refuses, so that they get it, whatever a
 * producer does not send in its daily work: a transactional id, tagged fields, partitions without records, more than
 * {@link #PARTITIONS_MOST} partitions, bytes behind the end, anything malformed.
 *
 * <p>Layout (versions 3 to 8; from 9 on lengths are unsigned varints of length + 1, and tagged fields end each structure; from 13 on a
 * topic is its id):
 *
 * <pre>
 *   header  api key int16, version int16, correlation id int32, client id nullable string
 *   body    transactional id nullable string, acks int16, timeout int32,
 *           topics [ name string, partitions [ index int32, records nullable bytes ] ]
 * </pre>
 *
 * <p>Owned by one thread; positions are absolute in the buffer and hold until the next {@link #wrap}.
 */
public final class ProduceFrame extends FrameReader {
    /** Topics, and partitions of all topics together, of a request that is read here. */
    public static final int PARTITIONS_MOST = 256;

    private static final int VERSION_LEAST = 3;
    private static final int VERSION_MOST = 13;
    private static final int FLEXIBLE_VERSION = 9;
    private static final int TOPIC_ID_VERSION = 13;
    private static final int UUID_BYTES = 16;
    private static final int NULL = -1;

    private final int[] nameAt = new int[PARTITIONS_MOST];
    private final int[] nameLength = new int[PARTITIONS_MOST];
    private final int[] firstPartition = new int[PARTITIONS_MOST + 1];
    private final int[] index = new int[PARTITIONS_MOST];
    private final int[] recordsAt = new int[PARTITIONS_MOST];
    private final int[] recordsLength = new int[PARTITIONS_MOST];

    private short version;
    private int correlationId;
    private short acks;
    private int timeoutMs;
    private int topicCount;
    private int partitionCount;

    /** Reads the frame from position to limit, which stay. True when all of it is what this class reads. */
    public boolean wrap(ByteBuffer frame) {
        begin(frame);
        topicCount = 0;
        partitionCount = 0;
        return readHeader() && readBody() && sound && at == end;
    }

    private boolean readHeader() {
        short api = readShort();
        version = readShort();
        correlationId = readInt();
        if (api != ApiKeys.PRODUCE.id || version < VERSION_LEAST || version > VERSION_MOST) {
            return false;
        }
        int clientId = readShort();
        skip(clientId == NULL ? 0 : clientId);
        return hasNoTags();
    }

    private boolean readBody() {
        int transactionalId = isFlexible() ? readVarint() - 1 : readShort();
        acks = readShort();
        timeoutMs = readInt();
        int topics = readCount();
        if (!sound || transactionalId != NULL || topics < 0 || topics > PARTITIONS_MOST) {
            return false;
        }
        for (int topic = 0; topic < topics; topic++) {
            if (!readTopic(topic)) {
                return false;
            }
        }
        topicCount = topics;
        firstPartition[topics] = partitionCount;
        return hasNoTags();
    }

    private boolean readTopic(int topic) {
        int length = usesTopicIds() ? UUID_BYTES : isFlexible() ? readVarint() - 1 : readShort();
        nameAt[topic] = at;
        nameLength[topic] = length;
        skip(length);
        firstPartition[topic] = partitionCount;
        int partitions = readCount();
        if (!sound || partitions < 0 || partitions > PARTITIONS_MOST - partitionCount) {
            return false;
        }
        for (int i = 0; i < partitions; i++) {
            if (!readPartition()) {
                return false;
            }
        }
        return hasNoTags();
    }

    private boolean readPartition() {
        int entry = partitionCount++;
        index[entry] = readInt();
        int length = readCount();
        recordsAt[entry] = at;
        recordsLength[entry] = length;
        skip(length);
        return hasNoTags();
    }

    // What was read

    /** Version of the request, and of its answer. */
    public short version() {
        return version;
    }

    public int correlationId() {
        return correlationId;
    }

    public short acks() {
        return acks;
    }

    public int timeoutMs() {
        return timeoutMs;
    }

    /** Whether lengths are varints and structures end with tagged fields. */
    public boolean isFlexible() {
        return version >= FLEXIBLE_VERSION;
    }

    /** Whether topics are named by id. */
    public boolean usesTopicIds() {
        return version >= TOPIC_ID_VERSION;
    }

    public int topicCount() {
        return topicCount;
    }

    /** Partitions of all topics together; they are numbered through. */
    public int partitionCount() {
        return partitionCount;
    }

    /** The number of the first partition of a topic; that of the topic count is the partition count. */
    public int firstPartition(int topic) {
        return firstPartition[topic];
    }

    /** Where the name, or the id, of a topic stands. */
    public int nameAt(int topic) {
        return nameAt[topic];
    }

    /** Bytes of the name, or the id, of a topic. */
    public int nameLength(int topic) {
        return nameLength[topic];
    }

    /** Partition index within its topic. */
    public int index(int partition) {
        return index[partition];
    }

    public int recordsAt(int partition) {
        return recordsAt[partition];
    }

    public int recordsEnd(int partition) {
        return recordsAt[partition] + recordsLength[partition];
    }

    /** The name of a topic, one and the same object each time. Not where topics are named by id. */
    public String name(int topic, SeenTopics seen) {
        return seen.name(bytes, nameAt[topic], nameLength[topic]);
    }

    /** The id of a topic, one and the same object each time. Only where topics are named by id. */
    public Uuid id(int topic, SeenTopics seen) {
        return seen.id(bytes.getLong(nameAt[topic]), bytes.getLong(nameAt[topic] + Long.BYTES));
    }

    private int readCount() {
        return isFlexible() ? readVarint() - 1 : readInt();
    }

    private boolean hasNoTags() {
        return sound && (!isFlexible() || readVarint() == 0) && sound;
    }
}
