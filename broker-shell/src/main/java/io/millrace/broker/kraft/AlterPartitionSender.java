package io.millrace.broker.kraft;

import io.millrace.broker.partition.IsrProposal;
import io.millrace.broker.partition.IsrUpdates;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AlterPartitionRequestData;
import org.apache.kafka.common.message.AlterPartitionRequestData.BrokerState;
import org.apache.kafka.common.message.AlterPartitionRequestData.PartitionData;
import org.apache.kafka.common.message.AlterPartitionRequestData.TopicData;
import org.apache.kafka.common.message.AlterPartitionResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AlterPartitionRequest;
import org.apache.kafka.common.requests.AlterPartitionResponse;
import org.apache.kafka.metadata.LeaderRecoveryState;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings changes of ISRs to the controller: one request at a time, with all that has come up since the last, and again what could not be
 * told while its leader still waits for it. Any thread; what waits is guarded by this.
 */
final class AlterPartitionSender implements IsrUpdates {
    private static final Logger LOG = LoggerFactory.getLogger(AlterPartitionSender.class);
    private static final long RETRY_MS = 50;

    private final Function<AlterPartitionRequest.Builder, CompletableFuture<AbstractResponse>> controller;
    private final int nodeId;
    private final LongSupplier brokerEpoch;
    private final Executor retries = CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS);

    private List<IsrProposal> waiting = new ArrayList<>();
    private boolean inFlight;
    private boolean closed;

    AlterPartitionSender(
            Function<AlterPartitionRequest.Builder, CompletableFuture<AbstractResponse>> controller,
            int nodeId,
            LongSupplier brokerEpoch) {
        this.controller = controller;
        this.nodeId = nodeId;
        this.brokerEpoch = brokerEpoch;
    }

    @Override
    public void submit(IsrProposal proposal) {
        synchronized (this) {
            waiting.add(proposal);
        }
        sendNext();
    }

    private void sendNext() {
        List<IsrProposal> batch;
        synchronized (this) {
            if (inFlight || closed || waiting.isEmpty()) {
                return;
            }
            inFlight = true;
            batch = waiting;
            waiting = new ArrayList<>();
        }
        List<IsrProposal> wanted = batch.stream().filter(IsrProposal::isPending).toList();
        if (wanted.isEmpty()) {
            landed();
            return;
        }
        try {
            var unused = controller
                    .apply(new AlterPartitionRequest.Builder(request(wanted)))
                    .whenComplete((response, failure) -> answered(wanted, response, failure));
        } catch (RuntimeException e) {
            answered(wanted, null, e);
        }
    }

    private void landed() {
        synchronized (this) {
            inFlight = false;
        }
        sendNext();
    }

    private void answered(List<IsrProposal> sent, @Nullable AbstractResponse response, @Nullable Throwable failure) {
        List<IsrProposal> again = sent;
        try {
            if (response instanceof AlterPartitionResponse answer) {
                again = settle(sent, answer.data());
            } else {
                LOG.warn("the controller did not take ISR changes={}", sent, failure);
            }
        } catch (RuntimeException e) {
            LOG.error("could not apply the answer to ISR changes={}", sent, e);
        }
        if (again.isEmpty()) {
            landed();
        } else {
            List<IsrProposal> repeated = again;
            retries.execute(() -> repeat(repeated));
        }
    }

    private void repeat(List<IsrProposal> proposals) {
        synchronized (this) {
            waiting.addAll(proposals);
        }
        landed();
    }

    /** Tells the leaders; returns what has to be asked again. */
    private static List<IsrProposal> settle(List<IsrProposal> sent, AlterPartitionResponseData answer) {
        Errors whole = Errors.forCode(answer.errorCode());
        if (whole != Errors.NONE) {
            LOG.warn("the controller refused ISR changes error={}", whole);
            return sent;
        }
        Map<Key, AlterPartitionResponseData.PartitionData> rows = new HashMap<>();
        answer.topics()
                .forEach(topic -> topic.partitions()
                        .forEach(row -> rows.put(new Key(topic.topicId(), row.partitionIndex()), row)));
        List<IsrProposal> again = new ArrayList<>();
        for (IsrProposal proposal : sent) {
            AlterPartitionResponseData.PartitionData row = rows.get(new Key(proposal.topicId(), proposal.partition()));
            if (row == null || isRetried(Errors.forCode(row.errorCode()))) {
                again.add(proposal);
            } else if (row.errorCode() == Errors.NONE.code()) {
                proposal.accepted(row.leaderEpoch(), row.partitionEpoch(), row.isr());
            } else {
                proposal.refused(Errors.forCode(row.errorCode()));
            }
        }
        return again;
    }

    private record Key(Uuid topicId, int partition) {}

    /** What says nothing about the change itself. */
    private static boolean isRetried(Errors error) {
        return switch (error) {
            case NONE,
                    OPERATION_NOT_ATTEMPTED,
                    INELIGIBLE_REPLICA,
                    INVALID_REQUEST,
                    FENCED_LEADER_EPOCH,
                    INVALID_UPDATE_VERSION,
                    NEW_LEADER_ELECTED,
                    UNKNOWN_TOPIC_OR_PARTITION,
                    UNKNOWN_TOPIC_ID -> false;
            default -> true;
        };
    }

    private AlterPartitionRequestData request(List<IsrProposal> proposals) {
        long ownEpoch = brokerEpoch.getAsLong();
        Map<Uuid, TopicData> topics = new LinkedHashMap<>();
        for (IsrProposal proposal : proposals) {
            topics.computeIfAbsent(proposal.topicId(), id -> new TopicData().setTopicId(id))
                    .partitions()
                    .add(row(proposal, ownEpoch));
        }
        return new AlterPartitionRequestData()
                .setBrokerId(nodeId)
                .setBrokerEpoch(ownEpoch)
                .setTopics(new ArrayList<>(topics.values()));
    }

    private PartitionData row(IsrProposal proposal, long ownEpoch) {
        List<BrokerState> isr = new ArrayList<>();
        for (IsrProposal.Member member : proposal.isr()) {
            boolean self = member.brokerId() == nodeId;
            isr.add(new BrokerState()
                    .setBrokerId(member.brokerId())
                    .setBrokerEpoch(self ? ownEpoch : member.brokerEpoch()));
        }
        return new PartitionData()
                .setPartitionIndex(proposal.partition())
                .setLeaderEpoch(proposal.leaderEpoch())
                .setPartitionEpoch(proposal.partitionEpoch())
                .setLeaderRecoveryState(LeaderRecoveryState.RECOVERED.value())
                .setNewIsrWithEpochs(isr);
    }

    /** Sends nothing any more. */
    synchronized void close() {
        closed = true;
    }
}
