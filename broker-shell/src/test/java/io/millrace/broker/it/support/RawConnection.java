package io.millrace.broker.it.support;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * One TCP connection on which a test says exactly the bytes it wants to say, well-formed requests or not. Used by one thread.
 * Reads wait at most ten seconds.
 */
public final class RawConnection implements AutoCloseable {
    /** The last versions that name topics by name. */
    private static final short PRODUCE_VERSION = 12;

    private static final short FETCH_VERSION = 12;
    private static final int READ_BOUND_MS = 10_000;
    private static final int FETCH_BYTES = 1 << 20;

    private final Socket socket;
    private final DataOutputStream out;
    private final DataInputStream in;
    private int correlationId;

    private RawConnection(Socket socket) throws IOException {
        this.socket = socket;
        this.out = new DataOutputStream(socket.getOutputStream());
        this.in = new DataInputStream(socket.getInputStream());
        socket.setSoTimeout(READ_BOUND_MS);
    }

    public static RawConnection open(int port) {
        try {
            return new RawConnection(new Socket(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot connect to port " + port, e);
        }
    }

    /** Sends bytes as they are, with no length before them. A connection already closed by the peer is no error. */
    public void send(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
        } catch (SocketException e) {
            // The peer was quicker: whoever asks isClosed next learns it.
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends the length and the bytes. */
    public void sendFrame(byte[] bytes) {
        send(ByteBuffer.allocate(Integer.BYTES + bytes.length)
                .putInt(bytes.length)
                .put(bytes)
                .array());
    }

    /** Whether the peer closes the connection without an answer. */
    public boolean isClosed() {
        try {
            return in.read() < 0;
        } catch (SocketException e) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException("neither answer nor close", e);
        }
    }

    public AbstractResponse request(AbstractRequest request) {
        RequestHeader header =
                new RequestHeader(request.apiKey(), request.version(), "raw-connection", correlationId++);
        ByteBuffer frame = request.serializeWithHeader(header);
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        sendFrame(bytes);
        return AbstractResponse.parseResponse(readFrame(), header);
    }

    public ByteBuffer readFrame() {
        try {
            byte[] bytes = new byte[in.readInt()];
            in.readFully(bytes);
            return ByteBuffer.wrap(bytes);
        } catch (EOFException | SocketException e) {
            throw new IllegalStateException("the broker closed the connection", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends the bytes as the records of one partition with acks=all and returns the partition's answer. */
    public ProduceResponseData.PartitionProduceResponse produce(TopicPartition partition, ByteBuffer records) {
        ProduceRequestData data = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(READ_BOUND_MS);
        ProduceRequestData.TopicProduceData topic =
                new ProduceRequestData.TopicProduceData().setName(partition.topic());
        topic.partitionData()
                .add(new ProduceRequestData.PartitionProduceData()
                        .setIndex(partition.partition())
                        .setRecords(MemoryRecords.readableRecords(records)));
        data.topicData().add(topic);
        ProduceResponse response = (ProduceResponse) request(new ProduceRequest(data, PRODUCE_VERSION));
        return response.data()
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .get(0);
    }

    /** One fetch of about a mebibyte from the offset, read uncommitted, as the leader answers it. */
    public FetchResponseData.PartitionData fetch(TopicPartition partition, long offset) {
        FetchRequestData data = new FetchRequestData()
                .setMaxWaitMs(500)
                .setMinBytes(1)
                .setMaxBytes(FETCH_BYTES)
                .setTopics(List.of(new FetchRequestData.FetchTopic()
                        .setTopic(partition.topic())
                        .setPartitions(List.of(new FetchRequestData.FetchPartition()
                                .setPartition(partition.partition())
                                .setFetchOffset(offset)
                                .setPartitionMaxBytes(FETCH_BYTES)))));
        FetchResponse response = (FetchResponse) request(new FetchRequest(data, FETCH_VERSION));
        return response.data().responses().get(0).partitions().get(0);
    }

    /** Every batch of the partition from the offset up to its high watermark, control batches included. */
    public List<RecordBatch> batches(TopicPartition partition, long fromOffset) {
        List<RecordBatch> batches = new ArrayList<>();
        long offset = fromOffset;
        while (true) {
            FetchResponseData.PartitionData answer = fetch(partition, offset);
            Errors error = Errors.forCode(answer.errorCode());
            if (error != Errors.NONE) {
                throw error.exception("fetch of " + partition + " at " + offset);
            }
            long before = offset;
            for (RecordBatch batch : FetchResponse.recordsOrFail(answer).batches()) {
                batch.ensureValid();
                batches.add(batch);
                offset = batch.nextOffset();
            }
            if (offset >= answer.highWatermark()) {
                return batches;
            }
            if (offset == before) {
                throw new IllegalStateException(
                        partition + ": nothing at " + offset + " below " + answer.highWatermark());
            }
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
