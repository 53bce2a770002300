package io.millrace.broker.replica;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;

/** A leader of one partition without a network: batches that a test writes, answered as a broker does, or spoilt on the way. */
final class FakeLeader implements LeaderLink {
    /** A batch with its place. */
    record Batch(long offset, long endOffset, int epoch, ByteBuffer bytes) {}

    private final List<Batch> batches = new ArrayList<>();
    private final Deque<UnaryOperator<PartitionData>> spoilers = new ArrayDeque<>();
    private long start;
    private long end;
    private int fetches;
    private int epochAsked = -1;
    private boolean silent;
    private volatile boolean stopped;
    private volatile boolean closed;

    /** Appends a batch of so many records. */
    synchronized FakeLeader append(int epoch, int records) {
        SimpleRecord[] all = new SimpleRecord[records];
        for (int i = 0; i < records; i++) {
            all[i] = new SimpleRecord(1_000_000L + end + i, bytes("k" + (end + i)), bytes("v" + epoch));
        }
        MemoryRecords made = MemoryRecords.withRecords(end, Compression.NONE, epoch, all);
        batches.add(new Batch(end, end + records, epoch, made.buffer()));
        end += records;
        notifyAll();
        return this;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Begins at this offset. */
    synchronized FakeLeader startAt(long offset) {
        start = offset;
        end = offset;
        return this;
    }

    /** Does something to the next row that has records; each once, in this order. */
    synchronized FakeLeader spoil(UnaryOperator<PartitionData> spoiler) {
        spoilers.add(spoiler);
        return this;
    }

    /** Fetches that find nothing are not answered any more. */
    synchronized FakeLeader silent() {
        silent = true;
        return this;
    }

    synchronized long end() {
        return end;
    }

    synchronized int fetches() {
        return fetches;
    }

    synchronized int epochAsked() {
        return epochAsked;
    }

    boolean isClosed() {
        return closed;
    }

    /** Every byte from an offset on. */
    synchronized ByteBuffer bytesFrom(long offset) {
        List<Batch> wanted =
                batches.stream().filter(each -> each.endOffset() > offset).toList();
        ByteBuffer all = ByteBuffer.allocate(
                wanted.stream().mapToInt(each -> each.bytes().remaining()).sum());
        wanted.forEach(each -> all.put(each.bytes().duplicate()));
        return all.flip();
    }

    @Override
    public <T extends AbstractRequest> AbstractResponse call(AbstractRequest.Builder<T> request, BooleanSupplier giveUp)
            throws IOException {
        T built = request.build();
        if (built instanceof FetchRequest fetch) {
            return fetch(fetch.data(), giveUp);
        }
        return offsets((ListOffsetsRequest) built);
    }

    private synchronized AbstractResponse fetch(FetchRequestData data, BooleanSupplier giveUp) throws IOException {
        fetches++;
        FetchTopic topic = data.topics().get(0);
        FetchPartition asked = topic.partitions().get(0);
        epochAsked = asked.currentLeaderEpoch();
        long deadlineMs = System.currentTimeMillis() + 20;
        try {
            while (asked.fetchOffset() == end && (silent || System.currentTimeMillis() < deadlineMs)) {
                if (stopped) {
                    throw new IOException("stopped");
                }
                if (giveUp.getAsBoolean()) {
                    return null;
                }
                wait(5);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        FetchResponseData answer = new FetchResponseData();
        answer.responses()
                .add(new FetchableTopicResponse().setTopicId(topic.topicId()).setPartitions(List.of(row(asked))));
        return FetchResponse.of(answer);
    }

    private PartitionData row(FetchPartition asked) {
        PartitionData row = new PartitionData()
                .setPartitionIndex(asked.partition())
                .setHighWatermark(end)
                .setLogStartOffset(start)
                .setRecords(MemoryRecords.EMPTY);
        EpochEndOffset common = common(asked.lastFetchedEpoch());
        if (asked.lastFetchedEpoch() >= 0
                && (common.epoch() < asked.lastFetchedEpoch() || common.endOffset() < asked.fetchOffset())) {
            return row.setDivergingEpoch(common);
        }
        if (asked.fetchOffset() < start || asked.fetchOffset() > end) {
            return row.setErrorCode(Errors.OFFSET_OUT_OF_RANGE.code());
        }
        row.setRecords(MemoryRecords.readableRecords(bytesFrom(asked.fetchOffset())));
        return asked.fetchOffset() < end && !spoilers.isEmpty()
                ? spoilers.remove().apply(row)
                : row;
    }

    private EpochEndOffset common(int epoch) {
        EpochEndOffset found = new EpochEndOffset().setEpoch(-1).setEndOffset(start);
        for (Batch each : batches) {
            if (each.epoch() <= epoch) {
                found = new EpochEndOffset().setEpoch(each.epoch()).setEndOffset(each.endOffset());
            }
        }
        return found.epoch() < 0 ? found.setEpoch(epoch).setEndOffset(start) : found;
    }

    private synchronized AbstractResponse offsets(ListOffsetsRequest request) {
        var topic = request.data().topics().get(0);
        var asked = topic.partitions().get(0);
        long offset = asked.timestamp() == ListOffsetsRequest.LATEST_TIMESTAMP ? end : start;
        return new ListOffsetsResponse(new ListOffsetsResponseData()
                .setTopics(List.of(new ListOffsetsTopicResponse()
                        .setName(topic.name())
                        .setPartitions(List.of(new ListOffsetsPartitionResponse()
                                .setPartitionIndex(asked.partitionIndex())
                                .setOffset(offset))))));
    }

    @Override
    public synchronized void wakeup() {
        notifyAll();
    }

    @Override
    public void stop() {
        stopped = true;
        wakeup();
    }

    @Override
    public void close() {
        closed = true;
    }
}
