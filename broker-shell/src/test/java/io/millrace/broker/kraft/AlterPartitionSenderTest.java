package io.millrace.broker.kraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.partition.LiveBrokers;
import io.millrace.broker.partition.Partition;
import io.millrace.broker.partition.PartitionRegistry;
import io.millrace.broker.partition.PartitionState;
import io.millrace.broker.partition.Replication;
import io.millrace.broker.partition.TopicSettings;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.message.AlterPartitionRequestData;
import org.apache.kafka.common.message.AlterPartitionResponseData;
import org.apache.kafka.common.message.AlterPartitionResponseData.PartitionData;
import org.apache.kafka.common.message.AlterPartitionResponseData.TopicData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AlterPartitionRequest;
import org.apache.kafka.common.requests.AlterPartitionResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Changes of ISRs on their way to a controller that the test plays. */
@Timeout(60)
class AlterPartitionSenderTest {
    private static final int US = 1;

    /** A request that is on its way, and where its answer goes. */
    private record Call(AlterPartitionRequestData data, CompletableFuture<AbstractResponse> answer) {}

    @TempDir
    Path directory;

    private final Uuid id = Uuid.randomUuid();
    private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    private final AlterPartitionSender sender = new AlterPartitionSender(this::send, US, () -> 11);
    private LogRuntime runtime;
    private LogDirectory logs;
    private PartitionRegistry registry;

    @BeforeEach
    void open() {
        runtime = LogRuntime.start();
        logs = LogDirectory.open(directory, runtime, topic -> LogConfig.DEFAULTS, 1, LogListener.NONE);
        Replication replication = new Replication(1000, () -> 0, LiveBrokers.ALL, sender, false);
        registry = new PartitionRegistry(US, List.of(logs), topic -> TopicSettings.DEFAULTS, replication);
    }

    @AfterEach
    void close() {
        sender.close();
        registry.close();
        logs.close();
        runtime.close();
    }

    private CompletableFuture<AbstractResponse> send(AlterPartitionRequest.Builder request) {
        Call call = new Call(request.build().data(), new CompletableFuture<>());
        calls.add(call);
        return call.answer();
    }

    @Test
    void whatComesUpMeanwhileGoesWithTheNextRequest() throws InterruptedException {
        Partition first = joins(0);
        Partition second = joins(1);
        Partition third = joins(2);
        Call call = next();
        assertEquals("[0]", partitions(call));
        assertEquals(11, call.data().brokerEpoch());
        assertEquals(
                "[BrokerState(brokerId=1, brokerEpoch=11), BrokerState(brokerId=2, brokerEpoch=-1)]",
                call.data()
                        .topics()
                        .get(0)
                        .partitions()
                        .get(0)
                        .newIsrWithEpochs()
                        .toString());
        assertTrue(calls.isEmpty(), "one request at a time");
        answer(call, row(0, Errors.NONE));
        assertEquals(List.of(1, 2), first.state().isr());
        call = next();
        assertEquals("[1, 2]", partitions(call));
        answer(call, row(1, Errors.INELIGIBLE_REPLICA), row(2, Errors.NONE));
        assertEquals(List.of(1), second.state().isr());
        assertEquals(List.of(1, 2), third.state().isr());
    }

    @Test
    void whatSaysNothingAboutTheChangeIsAskedAgain() throws InterruptedException {
        Partition partition = joins(0);
        next().answer().completeExceptionally(new DisconnectException());
        next().answer()
                .complete(new AlterPartitionResponse(
                        new AlterPartitionResponseData().setErrorCode(Errors.STALE_BROKER_EPOCH.code())));
        answer(next(), row(0, Errors.NOT_CONTROLLER));
        answer(next());
        answer(next(), row(0, Errors.NONE));
        Await.until(
                "in the ISR",
                Duration.ofSeconds(30),
                () -> partition.state().isr().equals(List.of(1, 2)));
    }

    @Test
    void whatTheMetadataHasSettledIsNotAskedAgain() throws InterruptedException {
        joins(0);
        Call call = next();
        registry.becomeLeader(state(0, 5));
        answer(call, row(0, Errors.NOT_CONTROLLER));
        joins(1);
        assertEquals("[1]", partitions(next()));
    }

    private Partition joins(int index) {
        Partition partition = registry.becomeLeader(state(index, 1));
        assertEquals(Errors.NONE, partition.followerFetched(2, 1, -1, 0, 0));
        return partition;
    }

    private PartitionState state(int index, int partitionEpoch) {
        return new PartitionState("t", id, index, US, 1, partitionEpoch, List.of(1, 2), List.of(1));
    }

    private Call next() throws InterruptedException {
        return calls.poll(30, TimeUnit.SECONDS);
    }

    private static String partitions(Call call) {
        return call.data().topics().get(0).partitions().stream()
                .map(AlterPartitionRequestData.PartitionData::partitionIndex)
                .toList()
                .toString();
    }

    private void answer(Call call, PartitionData... rows) {
        AlterPartitionResponseData data = new AlterPartitionResponseData();
        data.topics().add(new TopicData().setTopicId(id).setPartitions(List.of(rows)));
        call.answer().complete(new AlterPartitionResponse(data));
    }

    private static PartitionData row(int partition, Errors error) {
        return new PartitionData()
                .setPartitionIndex(partition)
                .setErrorCode(error.code())
                .setLeaderId(US)
                .setLeaderEpoch(1)
                .setPartitionEpoch(2)
                .setIsr(List.of(1, 2));
    }
}
