package io.millrace.perf.load.lean;

import io.millrace.perf.load.LoadFailure;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** Opens a connection and asks the broker for its versions, as every client does first. Stateless. */
final class Handshake {
    static final String CLIENT_ID = "perf-tests";

    private static final int CONNECT_MS = 5_000;
    private static final short API_VERSIONS = 3;

    private Handshake() {}

    /** A blocking connection on which nothing was sent yet. */
    static SocketChannel connect(SocketAddress address) throws LoadFailure {
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.socket().connect(address, CONNECT_MS);
            return channel;
        } catch (IOException e) {
            close(channel);
            throw new LoadFailure("cannot connect to " + name(address) + ": " + LoadFailure.lineOf(e), e);
        }
    }

    /** The highest version of an API that the broker and these classes both know, at most {@code most}. */
    static short version(SocketChannel channel, ApiKeys api, int least, int most) throws LoadFailure {
        try {
            RequestHeader header = new RequestHeader(ApiKeys.API_VERSIONS, API_VERSIONS, CLIENT_ID, 0);
            ByteBuffer answer = call(
                    channel,
                    new ApiVersionsRequest.Builder().build(API_VERSIONS).serializeWithHeader(header));
            answer.getInt(); // the correlation id; this answer's header never has tags
            ApiVersionsResponse versions = ApiVersionsResponse.parse(new ByteBufferAccessor(answer), API_VERSIONS);
            ApiVersion known = versions.apiVersion(api.id);
            int version = known == null ? -1 : Math.min(known.maxVersion(), most);
            if (version < least) {
                throw new LoadFailure("the broker knows " + api + " up to version " + version + "; the lean path wants "
                        + least + ": use --path=real");
            }
            return (short) version;
        } catch (IOException e) {
            throw new LoadFailure("the broker did not answer ApiVersions: " + LoadFailure.lineOf(e), e);
        }
    }

    static ByteBuffer call(SocketChannel channel, ByteBuffer request) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES + request.remaining());
        frame.putInt(request.remaining()).put(request).flip();
        while (frame.hasRemaining()) {
            channel.write(frame);
        }
        ByteBuffer length = ByteBuffer.allocate(Integer.BYTES);
        readFully(channel, length);
        ByteBuffer answer = ByteBuffer.allocate(length.getInt(0));
        readFully(channel, answer);
        return answer.flip();
    }

    static void readFully(SocketChannel channel, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into) < 0) {
                throw new EOFException("the broker closed the connection");
            }
        }
    }

    static String name(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? inet.getHostString() + ":" + inet.getPort()
                : address.toString();
    }

    private static void close(@org.jspecify.annotations.Nullable SocketChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // The connection was never used: that it could not be made is what counts.
            assert e != null;
        }
    }
}
