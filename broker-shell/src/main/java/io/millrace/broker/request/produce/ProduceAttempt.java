package io.millrace.broker.request.produce;

import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.RecordCheck;
import io.millrace.broker.partition.TopicDirectory;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.broker.request.Request;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;

/**
 * One produce request from its first partition to its answer. Runs on the event loop until a batch takes long to
 * inflate; then the connection is held and the rest runs on the work pool. The answer leaves when the last partition is
 * through: {@code unfinished} counts those that wait for their acknowledgement, and the run itself.
 */
final class ProduceAttempt {
    private static final String ADMIN_CLIENT_ID = "__admin_client";
    private static final short ACKS_ALL = -1;
    private static final short TOPIC_ID_VERSION = 13;
    private static final short LEADER_HINT_VERSION = 10;

    /** Inflated on the event loop: about 0.2 ms of work. */
    private static final long LOOP_INFLATED_BYTES_MAX = 128 * 1024;

    private static final ThreadLocal<BatchPreparation> PREPARATION = ThreadLocal.withInitial(BatchPreparation::new);
    private static final ThreadLocal<AppendResult> RESULT = ThreadLocal.withInitial(AppendResult::new);

    private final Request request;
    private final ProduceHandler handler;
    private final ProduceRequestData data;
    private final boolean acksValid;
    private final ProduceResponseData response = new ProduceResponseData();
    private final AtomicInteger unfinished = new AtomicInteger(1);
    private final List<AckWait> waits = new ArrayList<>(0);
    private final Iterator<TopicProduceData> topics;

    private @Nullable TopicProduceData topic;
    private @Nullable TopicProduceResponse topicResponse;
    private Iterator<PartitionProduceData> topicPartitions =
            List.<PartitionProduceData>of().iterator();
    private volatile @Nullable Future<?> timeout;

    ProduceAttempt(Request request, ProduceHandler handler) {
        this.request = request;
        this.handler = handler;
        this.data = request.data(ProduceRequestData.class);
        this.acksValid = data.acks() >= ACKS_ALL && data.acks() <= 1;
        this.topics = data.topicData().iterator();
    }

    /** Begins behind what was tried in place, in the order of the request; on the same event loop, at once. */
    void continueOnLoop(InPlaceProduce begun) {
        for (int i = 0; i < begun.tried() && nextTopicPartition(); i++) {
            PartitionProduceData entry = topicPartitions.next();
            appended(entry, begun.partition(i), begun.status(i), begun.result(i), PREPARATION.get(), handler.nowMs());
        }
        runOnLoop();
    }

    /** Begins on the event loop. */
    void runOnLoop() {
        while (nextTopicPartition()) {
            PartitionProduceData next = topicPartitions.next();
            if (!append(next, Math.min(LOOP_INFLATED_BYTES_MAX, handler.inflatedBytesMax()), false)) {
                handler.workPool().handle(request, () -> runOnWorkPool(next));
                return;
            }
        }
        finishRun();
    }

    private void runOnWorkPool(PartitionProduceData first) {
        appendHere(first);
        while (nextTopicPartition()) {
            appendHere(topicPartitions.next());
        }
        finishRun();
    }

    private void appendHere(PartitionProduceData partition) {
        if (!append(partition, handler.inflatedBytesMax(), true)) {
            refuse(
                    partition,
                    Refusal.of(
                            Errors.MESSAGE_TOO_LARGE,
                            "the batch inflates to more than " + handler.inflatedBytesMax() + " bytes"));
        }
    }

    private boolean nextTopicPartition() {
        while (!topicPartitions.hasNext()) {
            if (!topics.hasNext()) {
                return false;
            }
            TopicProduceData next = topics.next();
            topic = next;
            topicPartitions = next.partitionData().iterator();
            topicResponse = new TopicProduceResponse().setName(next.name()).setTopicId(next.topicId());
            response.responses().add(topicResponse);
        }
        return true;
    }

    /**
     * Appends, or refuses, one partition; false when its batch inflates to more than {@code inflatedBytesMax}, and when its
     * records' check has to block and may not.
     */
    private boolean append(PartitionProduceData entry, long inflatedBytesMax, boolean mayBlock) {
        Partition partition = find(entry);
        if (partition == null) {
            refuse(entry, refuseUnknown(entry));
            return true;
        }
        Refusal early = refuseEarly(partition);
        if (early != null) {
            refuse(entry, early);
            return true;
        }
        BatchPreparation preparation = PREPARATION.get();
        MemoryRecords records = (MemoryRecords) entry.records();
        long nowMs = handler.nowMs();
        long beganNs = System.nanoTime();
        BatchPreparation.Outcome outcome = preparation.prepare(
                handler.validation(), records, request.apiVersion(), partition.settings(), nowMs, inflatedBytesMax);
        request.times().checked(System.nanoTime() - beganNs);
        switch (outcome) {
            case READY -> {
                return appendChecked(entry, partition, preparation, nowMs, mayBlock);
            }
            case REFUSED -> refuse(entry, preparation.refusal());
            case TOO_LONG -> {
                return false;
            }
        }
        return true;
    }

    private boolean appendChecked(
            PartitionProduceData entry,
            Partition partition,
            BatchPreparation preparation,
            long nowMs,
            boolean mayBlock) {
        RecordCheck check = partition.settings().recordCheck();
        Refusal refusal =
                check == null ? null : RecordChecks.look(check, preparation.batch(), request.clientId(), mayBlock);
        if (RecordChecks.UNDECIDED.equals(refusal)) {
            return false;
        }
        if (refusal == null) {
            appendReady(entry, partition, preparation, nowMs);
        } else {
            refuse(entry, refusal);
        }
        return true;
    }

    private void appendReady(
            PartitionProduceData entry, Partition partition, BatchPreparation preparation, long nowMs) {
        AppendResult result = RESULT.get();
        result.reset();
        long beganNs = System.nanoTime();
        AppendStatus status = partition.append(preparation.batch(), AppendOrigin.CLIENT, result);
        request.times().appended(System.nanoTime() - beganNs);
        appended(entry, partition, status, result, preparation, nowMs);
    }

    private void appended(
            PartitionProduceData entry,
            Partition partition,
            AppendStatus status,
            AppendResult result,
            BatchPreparation preparation,
            long nowMs) {
        if (status == AppendStatus.APPENDED || status == AppendStatus.DUPLICATE) {
            accepted(entry, partition, result);
            return;
        }
        Refusal refusal = Refusal.of(status, result.message());
        boolean byRecord = status == AppendStatus.INVALID_RECORD || status == AppendStatus.INVALID_TIMESTAMP;
        if (byRecord) {
            Refusal named = preparation.explain((MemoryRecords) entry.records(), partition.settings(), nowMs);
            refusal = named == null ? refusal : named;
        }
        refuse(entry, refusal);
    }

    // Refusals before the batch is looked at

    private @Nullable Partition find(PartitionProduceData entry) {
        TopicProduceData asked = topic();
        boolean byName =
                request.apiVersion() < TOPIC_ID_VERSION || asked.topicId().equals(Uuid.ZERO_UUID);
        return byName
                ? handler.partitions().get(asked.name(), entry.index())
                : handler.partitions().get(asked.topicId(), entry.index());
    }

    private Refusal refuseUnknown(PartitionProduceData entry) {
        TopicProduceData asked = topic();
        String name = asked.name();
        if (request.apiVersion() >= TOPIC_ID_VERSION) {
            name = handler.topics().topicName(asked.topicId());
            if (name == null) {
                return Refusal.of(Errors.UNKNOWN_TOPIC_ID, null);
            }
        }
        boolean exists = handler.topics().hasPartition(name, entry.index());
        return Refusal.of(exists ? Errors.NOT_LEADER_OR_FOLLOWER : Errors.UNKNOWN_TOPIC_OR_PARTITION, null);
    }

    private @Nullable Refusal refuseEarly(Partition partition) {
        if (!acksValid) {
            return Refusal.of(Errors.INVALID_REQUIRED_ACKS, null);
        }
        if (Topic.isInternal(partition.topic()) && !ADMIN_CLIENT_ID.equals(request.clientId())) {
            return Refusal.of(Errors.INVALID_TOPIC_EXCEPTION, "Cannot append to internal topic " + partition.topic());
        }
        if (!partition.isLeader()) {
            return Refusal.of(Errors.NOT_LEADER_OR_FOLLOWER, null);
        }
        if (data.acks() == ACKS_ALL && !partition.hasEnoughInSyncReplicas()) {
            return Refusal.of(Errors.NOT_ENOUGH_REPLICAS, null);
        }
        return null;
    }

    // Rows of the answer

    private void refuse(PartitionProduceData entry, Refusal refusal) {
        Partition partition = find(entry);
        long logStartOffset =
                partition != null && partition.isOnline() ? partition.log().logStartOffset() : -1;
        PartitionProduceResponse row = new PartitionProduceResponse()
                .setIndex(entry.index())
                .setErrorCode(refusal.error().code())
                .setErrorMessage(refusal.message())
                .setRecordErrors(refusal.recordErrors())
                .setBaseOffset(-1)
                .setLogAppendTimeMs(-1)
                .setLogStartOffset(logStartOffset);
        if (refusal.error() == Errors.NOT_LEADER_OR_FOLLOWER) {
            hintLeader(row);
        }
        topicResponse().partitionResponses().add(row);
    }

    private void accepted(PartitionProduceData entry, Partition partition, AppendResult result) {
        PartitionProduceResponse row = new PartitionProduceResponse()
                .setIndex(entry.index())
                .setBaseOffset(result.firstOffset())
                .setLogAppendTimeMs(logAppendTime(partition.settings(), result))
                .setLogStartOffset(logStartOffset(partition, result));
        topicResponse().partitionResponses().add(row);
        if (data.acks() != 0) {
            awaitAck(partition, result, row);
        }
    }

    static long logStartOffset(Partition partition, AppendResult result) {
        return result.logStartOffset() >= 0
                ? result.logStartOffset()
                : partition.log().logStartOffset();
    }

    static long logAppendTime(TopicSettings settings, AppendResult result) {
        return settings.log().logAppendTime() || result.duplicate() ? result.logAppendTimeMs() : -1;
    }

    private void hintLeader(PartitionProduceResponse row) {
        if (request.apiVersion() < LEADER_HINT_VERSION) {
            return;
        }
        String name = topic().name().isEmpty() ? handler.topics().topicName(topic().topicId()) : topic().name();
        TopicDirectory.Leader leader =
                name == null ? null : handler.topics().leader(name, row.index(), request.listener());
        if (leader != null) {
            row.currentLeader().setLeaderId(leader.id()).setLeaderEpoch(leader.epoch());
            addEndpoint(leader);
        }
    }

    private void addEndpoint(TopicDirectory.Leader leader) {
        var node = leader.node();
        if (node != null && response.nodeEndpoints().find(node.id()) == null) {
            response.nodeEndpoints()
                    .add(new ProduceResponseData.NodeEndpoint()
                            .setNodeId(node.id())
                            .setHost(node.host())
                            .setPort(node.port())
                            .setRack(node.rack()));
        }
    }

    // Acknowledgement

    /** Whether not all have it yet, or the term of the append is over, in which the high watermark would have told. */
    static boolean waitsForReplicas(Partition partition, short acks, AppendResult result) {
        return acks == ACKS_ALL
                && (partition.log().highWatermark() <= result.lastOffset()
                        || partition.leaderEpoch() != result.leaderEpoch());
    }

    static boolean waitsForDisk(Partition partition, long endOffset) {
        return partition.settings().log().syncBeforeAck() && partition.log().flushedOffset() < endOffset;
    }

    private void awaitAck(Partition partition, AppendResult result, PartitionProduceResponse row) {
        long endOffset = result.lastOffset() + 1;
        boolean forAll = waitsForReplicas(partition, data.acks(), result);
        boolean forSync = waitsForDisk(partition, endOffset);
        if (forAll || forSync) {
            unfinished.incrementAndGet();
            long beganNs = System.nanoTime();
            waits.add(AckWait.begin(partition, result, forAll, forSync, error -> {
                request.times().waited(forSync, System.nanoTime() - beganNs);
                acknowledged(partition, row, error);
            }));
        }
    }

    private void acknowledged(Partition partition, PartitionProduceResponse row, Errors error) {
        boolean tooFew = error == Errors.NONE && data.acks() == ACKS_ALL && !partition.hasEnoughInSyncReplicas();
        Errors told = tooFew ? Errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND : error;
        if (told != Errors.NONE) {
            row.setErrorCode(told.code()).setBaseOffset(-1).setLogAppendTimeMs(-1);
        }
        finishOne();
    }

    private void finishRun() {
        request.releaseBuffer(); // what was accepted is in the log
        if (!waits.isEmpty()) {
            timeout = request.loop().schedule(this::expire, data.timeoutMs(), TimeUnit.MILLISECONDS);
        }
        finishOne();
    }

    private void expire() {
        waits.forEach(AckWait::expire);
    }

    private void finishOne() {
        if (unfinished.decrementAndGet() == 0) {
            Future<?> pending = timeout;
            if (pending != null) {
                pending.cancel(false);
            }
            answer();
        }
    }

    private void answer() {
        if (handler.quotas().limitsProduce()) {
            int throttleMs = handler.quotas().produced(request, request.sizeInBytes());
            response.setThrottleTimeMs(throttleMs);
            request.throttle(throttleMs);
        }
        if (data.acks() != 0) {
            request.respond(response);
            return;
        }
        String errors = errors();
        if (errors.isEmpty()) {
            request.respondNothing();
        } else { // the only way to tell a producer that wants no answers
            request.closeConnection("produce with acks=0 failed:" + errors);
        }
    }

    private String errors() {
        StringBuilder errors = new StringBuilder();
        response.responses()
                .forEach(rows -> rows.partitionResponses().forEach(row -> {
                    if (row.errorCode() != 0) {
                        errors.append(' ').append(rows.name()).append('-').append(row.index());
                        errors.append('=').append(Errors.forCode(row.errorCode()));
                    }
                }));
        return errors.toString();
    }

    private TopicProduceData topic() {
        return Objects.requireNonNull(topic);
    }

    private TopicProduceResponse topicResponse() {
        return Objects.requireNonNull(topicResponse);
    }
}
