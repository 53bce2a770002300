package io.millrace.broker.net.http;

import io.millrace.broker.net.EventLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * A port that speaks HTTP/1.1. Owned by the node. A connection has one request in the works at a time. A body beyond the limit is answered 413, a connection that is silent is closed.
 */
public final class HttpListener implements AutoCloseable {
    private static final int SILENCE_MAX_S = 120;

    private final Channel acceptor;
    private final ChannelGroup connections;

    private HttpListener(Channel acceptor, ChannelGroup connections) {
        this.acceptor = acceptor;
        this.connections = connections;
    }

    /**
     * Takes the port; clients wait until {@link #open()}.
     *
     * @param host empty for every address of the machine
     * @param bodyBytesMax largest body
     * @throws IOException when the address cannot be bound; the message names it
     */
    public static HttpListener bind(String host, int port, int bodyBytesMax, EventLoops loops, HttpService service)
            throws IOException {
        ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
        ServerBootstrap bootstrap = loops.server(new ServerBootstrap())
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new Initializer(bodyBytesMax, service, connections));
        InetSocketAddress address = host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
        ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot bind " + host + ":" + port + ": " + bound.cause().getMessage(), bound.cause());
        }
        return new HttpListener(bound.channel(), connections);
    }

    /** Starts to accept. */
    public void open() {
        acceptor.config().setAutoRead(true);
    }

    /** The port, also where the system chose it. */
    public int boundPort() {
        return ((InetSocketAddress) acceptor.localAddress()).getPort();
    }

    /** Closes the port and all connections. Not to be called on an event loop. */
    @Override
    public void close() {
        acceptor.close().syncUninterruptibly();
        connections.close().awaitUninterruptibly();
    }

    private static final class Initializer extends ChannelInitializer<Channel> {
        private final int bodyBytesMax;
        private final HttpService service;
        private final ChannelGroup connections;

        Initializer(int bodyBytesMax, HttpService service, ChannelGroup connections) {
            this.bodyBytesMax = bodyBytesMax;
            this.service = service;
            this.connections = connections;
        }

        @Override
        protected void initChannel(Channel channel) {
            connections.add(channel);
            channel.pipeline()
                    .addLast(new ReadTimeoutHandler(SILENCE_MAX_S, TimeUnit.SECONDS))
                    .addLast(new HttpServerCodec())
                    .addLast(new HttpObjectAggregator(bodyBytesMax))
                    .addLast(new Requests(service));
        }
    }

    /** Hands whole requests to the service, one at a time: those that a client pipelines wait for the answer before them. */
    private static final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
        private static final int WAITING_MOST = 16;

        private final HttpService service;
        private final ArrayDeque<HttpCall> waiting = new ArrayDeque<>();
        private boolean busy;

        Requests(HttpService service) {
            this.service = service;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            HttpCall call = new HttpCall(
                    context,
                    request.method().name(),
                    request.uri(),
                    ByteBufUtil.getBytes(request.content()),
                    request.headers().get(HttpHeaderNames.CONTENT_TYPE),
                    HttpUtil.isKeepAlive(request),
                    this::answered);
            if (request.decoderResult().isFailure() || waiting.size() == WAITING_MOST) {
                var unused = context.close();
                return;
            }
            waiting.add(call);
            next();
        }

        /** On the event loop. */
        private void answered() {
            busy = false;
            next();
        }

        private void next() {
            HttpCall call = busy ? null : waiting.poll();
            if (call != null) {
                busy = true;
                service.handle(call);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            var unused = context.close(); // a client that has gone, or is silent
        }
    }
}
