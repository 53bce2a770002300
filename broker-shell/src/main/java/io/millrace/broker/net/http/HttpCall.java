package io.millrace.broker.net.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/** One request, whole, and the way to answer it. Immutable; {@link #respond} may be called by any thread, once. */
public final class HttpCall {
    private final ChannelHandlerContext context;
    private final String method;
    private final String uri;
    private final byte[] body;
    private final @Nullable String contentType;
    private final boolean keepAlive;
    private final Runnable answered;

    HttpCall(
            ChannelHandlerContext context,
            String method,
            String uri,
            byte[] body,
            @Nullable String contentType,
            boolean keepAlive,
            Runnable answered) {
        this.context = context;
        this.method = method;
        this.uri = uri;
        this.body = body;
        this.contentType = contentType;
        this.keepAlive = keepAlive;
        this.answered = answered;
    }

    /** GET, POST and so on. */
    public String method() {
        return method;
    }

    /** Path and query as they came, not decoded. */
    public String uri() {
        return uri;
    }

    /** The bytes behind the headers; empty where there are none. */
    public byte[] body() {
        return body;
    }

    /** The media type of the body, null where the client names none. */
    public @Nullable String contentType() {
        return contentType;
    }

    /** Answers. */
    public void respond(int status, String mediaType, byte[] content) {
        boolean head = method.equals("HEAD");
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(status),
                head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(content));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, mediaType)
                .setInt(HttpHeaderNames.CONTENT_LENGTH, content.length);
        HttpUtil.setKeepAlive(response, keepAlive);
        if (!keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        context.executor().execute(() -> {
            var written = context.writeAndFlush(response);
            if (!keepAlive) {
                var unused = written.addListener(ChannelFutureListener.CLOSE);
            }
            answered.run();
        });
    }
}
