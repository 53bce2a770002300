package io.millrace.broker.request.produce;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.broker.protocol.ProduceAnswer;
import io.millrace.broker.protocol.ProduceFrame;
import io.millrace.broker.protocol.SeenTopics;
import io.millrace.broker.request.InPlaceHandler;
import io.millrace.broker.request.Request;
import io.millrace.broker.stat.Stage;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.LogConfig;
import io.millrace.log.batch.BatchValidator;
import io.millrace.log.batch.BatchVerdict;
import io.millrace.log.batch.RecordBatchDescriptor;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.record.internal.CompressionType;
import org.jspecify.annotations.Nullable;

/**
 * Produce, in place: batches for partitions that this node leads are appended from the frame and acknowledged into the
 * connection's output. First every partition of the request is looked at without changing anything; what would be refused or
 * rewritten, or takes long to inflate, goes the ordinary way as a whole, and so does everything while quotas bear on producers. What turns out only by the append (a refusal of the log, an
 * acknowledgement that has to wait) is handed on together with what was appended: nothing is appended twice.
 *
 * <p>One a loop; its state belongs to the request at hand.
 */
final class InPlaceProduce implements InPlaceHandler {
    private static final short ACKS_ALL = -1;

    private final ProduceHandler handler;
    private final PartitionRegistry registry;
    private final ProduceFrame frame = new ProduceFrame();
    private final ProduceAnswer answer = new ProduceAnswer();
    private final SeenTopics seen = new SeenTopics();
    private final CompressedBatch compressed = new CompressedBatch();
    private final @Nullable Partition[] partitions = new Partition[ProduceFrame.PARTITIONS_MOST];
    private final AppendResult[] results = new AppendResult[ProduceFrame.PARTITIONS_MOST];
    private final AppendStatus[] statuses = new AppendStatus[ProduceFrame.PARTITIONS_MOST];

    /** Partitions of the request at hand that were given to their logs. */
    private int tried;

    private long checkedNs;

    InPlaceProduce(ProduceHandler handler) {
        this.handler = handler;
        this.registry = handler.partitions();
        for (int i = 0; i < results.length; i++) {
            results[i] = new AppendResult();
        }
    }

    @Override
    public int handle(ByteBuffer bytes, Output output) {
        tried = 0;
        if (handler.quotas().limitsProduce()
                || !frame.wrap(bytes)
                || frame.acks() < ACKS_ALL
                || frame.acks() > 1
                || !mayAppendAll(bytes)) {
            return LEFT;
        }
        checkedNs = System.nanoTime();
        if (!appendAll(bytes)) {
            return BEGUN;
        }
        return frame.acks() == 0 ? 0 : answer(bytes, output.room(answer.lengthMost(frame)));
    }

    @Override
    public long checkedNs() {
        return checkedNs;
    }

    @Override
    public Stage stage() {
        return Stage.PRODUCE;
    }

    @Override
    public int correlationId() {
        return frame.correlationId();
    }

    @Override
    public void finish(Request request) {
        new ProduceAttempt(request, handler).continueOnLoop(this);
    }

    // What the ordinary way goes on with

    int tried() {
        return tried;
    }

    Partition partition(int entry) {
        return Objects.requireNonNull(partitions[entry]);
    }

    AppendStatus status(int entry) {
        return statuses[entry];
    }

    AppendResult result(int entry) {
        return results[entry];
    }

    // Looking

    private boolean mayAppendAll(ByteBuffer bytes) {
        for (int topic = 0; topic < frame.topicCount(); topic++) {
            for (int entry = frame.firstPartition(topic); entry < frame.firstPartition(topic + 1); entry++) {
                Partition partition = find(topic, entry);
                partitions[entry] = partition;
                if (partition == null || !mayAppend(partition) || !mayStore(bytes, entry, partition)) {
                    return false;
                }
            }
        }
        return true;
    }

    private @Nullable Partition find(int topic, int entry) {
        return frame.usesTopicIds()
                ? registry.get(frame.id(topic, seen), frame.index(entry))
                : registry.get(frame.name(topic, seen), frame.index(entry));
    }

    private boolean mayAppend(Partition partition) {
        return partition.isLeader()
                && !Topic.isInternal(partition.topic())
                && (frame.acks() != ACKS_ALL || partition.hasEnoughInSyncReplicas());
    }

    /** One batch and nothing else, to be stored as it is. */
    private boolean mayStore(ByteBuffer bytes, int entry, Partition partition) {
        int at = frame.recordsAt(entry);
        int end = frame.recordsEnd(entry);
        if (BatchValidator.checkFraming(bytes, at, end) != BatchVerdict.VALID
                || at + RecordBatchDescriptor.sizeInBytes(bytes, at) != end
                || RecordBatchDescriptor.isTransactional(bytes, at)) {
            return false;
        }
        TopicSettings settings = partition.settings();
        int codec = RecordBatchDescriptor.codec(bytes, at);
        Compression stored = settings.compression();
        return settings.recordCheck() == null
                && (stored == null || stored.type().id == codec)
                && (codec == 0 || mayStoreCompressed(bytes, at, codec, settings.log()));
    }

    private boolean mayStoreCompressed(ByteBuffer bytes, int at, int codec, LogConfig rules) {
        long nowMs = handler.nowMs();
        boolean allowed = codec != CompressionType.ZSTD.id || frame.version() >= BatchPreparation.ZSTD_VERSION_LEAST;
        return allowed
                && (handler.validation().passesByHeader(bytes, at, rules, nowMs)
                        || compressed.isLegal(bytes, at, rules, nowMs));
    }

    // Appending

    /** True when every batch was accepted and may be acknowledged now. */
    private boolean appendAll(ByteBuffer bytes) {
        boolean acknowledged = true;
        for (int entry = 0; entry < frame.partitionCount(); entry++) {
            Partition partition = partition(entry);
            AppendResult result = results[entry];
            bytes.limit(frame.recordsEnd(entry)).position(frame.recordsAt(entry));
            AppendStatus status = partition.append(bytes, AppendOrigin.CLIENT, result);
            statuses[entry] = status;
            tried++;
            if (status != AppendStatus.APPENDED && status != AppendStatus.DUPLICATE) {
                return false;
            }
            acknowledged &= frame.acks() == 0 || !mustWait(partition, frame.acks(), result);
        }
        return acknowledged;
    }

    private static boolean mustWait(Partition partition, short acks, AppendResult result) {
        return ProduceAttempt.waitsForReplicas(partition, acks, result)
                || ProduceAttempt.waitsForDisk(partition, result.lastOffset() + 1);
    }

    // Answering

    private int answer(ByteBuffer bytes, ByteBuffer target) {
        int from = target.position();
        answer.begin(target, frame);
        for (int topic = 0; topic < frame.topicCount(); topic++) {
            answer.topic(topic, bytes);
            for (int entry = frame.firstPartition(topic); entry < frame.firstPartition(topic + 1); entry++) {
                Partition partition = partition(entry);
                AppendResult result = results[entry];
                answer.accepted(
                        entry,
                        result.firstOffset(),
                        ProduceAttempt.logAppendTime(partition.settings(), result),
                        ProduceAttempt.logStartOffset(partition, result));
            }
            answer.endTopic();
        }
        answer.end(0);
        return target.position() - from;
    }
}
