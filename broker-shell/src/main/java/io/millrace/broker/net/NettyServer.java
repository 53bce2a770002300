package io.millrace.broker.net;

import io.millrace.broker.request.AdvertisedFeatures;
import io.millrace.broker.request.ApiVersionsHandler;
import io.millrace.broker.request.RequestRouter;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Supplier;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * One listener: accepts connections and serves the APIs of its router on the node's event loops. Used for broker and
 * controller listeners alike. Owned by the node. Life: bound (the port is known, clients queue), {@link #open()},
 * {@link #stopAccepting()}, and {@link #close()} when the handlers are done.
 */
public final class NettyServer implements AutoCloseable {
    private static final int READ_LEAST = 512;
    private static final int READ_FIRST = 16 * 1024;
    private static final int READ_MOST = 128 * 1024;

    private final Channel acceptor;
    private final ChannelGroup connections;

    private NettyServer(Channel acceptor, ChannelGroup connections) {
        this.acceptor = acceptor;
        this.connections = connections;
    }

    /** The port, also where the system chose it. */
    public int boundPort() {
        return ((InetSocketAddress) acceptor.localAddress()).getPort();
    }

    /** Starts to accept. */
    public void open() {
        acceptor.config().setAutoRead(true);
    }

    /** Connections that are open now. */
    public int connectionCount() {
        return connections.size();
    }

    /** Closes the port; the connections stay. */
    public void stopAccepting() {
        acceptor.close().syncUninterruptibly();
    }

    /** Closes the port and all connections. Not to be called on an event loop. */
    @Override
    public void close() {
        stopAccepting();
        connections.close().awaitUninterruptibly();
    }

    /** What a listener needs; {@link #bind()} takes the port. */
    public static final class Builder {
        private final ListenerName listener;
        private final String host;
        private final int port;
        private final RequestRouter router;
        private final MemoryBudget budget;
        private final EventLoops loops;
        private ListenerType listenerType = ListenerType.BROKER;
        private Supplier<AdvertisedFeatures> features = () -> AdvertisedFeatures.NONE;
        private NetworkLimits limits = NetworkLimits.DEFAULT;
        private int backlog = 50;

        /** An empty {@code host} is every address of the machine; port 0 lets the system choose. */
        public Builder(
                String listenerName,
                String host,
                int port,
                RequestRouter router,
                MemoryBudget budget,
                EventLoops loops) {
            this.listener = new ListenerName(listenerName);
            this.host = host;
            this.port = port;
            this.router = router;
            this.budget = budget;
            this.loops = loops;
        }

        /** Which kind of listener ApiVersions speaks for; BROKER unless told. */
        public Builder listenerType(ListenerType type) {
            this.listenerType = type;
            return this;
        }

        /** The features that ApiVersions tells, asked for at each such request. */
        public Builder features(Supplier<AdvertisedFeatures> supplier) {
            this.features = supplier;
            return this;
        }

        public Builder limits(NetworkLimits value) {
            this.limits = value;
            return this;
        }

        /** {@code socket.listen.backlog.size}. */
        public Builder backlog(int value) {
            this.backlog = value;
            return this;
        }

        /**
         * Binds and listens; accepting begins with {@link NettyServer#open()}. Serves ApiVersions too, unless the
         * router has a handler for it already.
         *
         * @throws IOException when the address cannot be bound; the message names it
         */
        public NettyServer bind() throws IOException {
            if (!router.served().contains(ApiKeys.API_VERSIONS)) {
                router.register(ApiKeys.API_VERSIONS, new ApiVersionsHandler(router, listenerType, features));
            }
            ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
            ChannelFuture bound = bootstrap(connections).bind(address()).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                throw new IOException(
                        "listener " + listener.value() + " cannot bind " + host + ":" + port + ": "
                                + bound.cause().getMessage(),
                        bound.cause());
            }
            return new NettyServer(bound.channel(), connections);
        }

        private InetSocketAddress address() {
            return host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
        }

        private ServerBootstrap bootstrap(ChannelGroup connections) {
            ListenerContext context = new ListenerContext(listener, router, budget, limits, loops.times());
            return new ServerBootstrap()
                    .group(loops.group())
                    .channel(loops.serverChannel())
                    .option(ChannelOption.SO_BACKLOG, backlog)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .option(ChannelOption.AUTO_READ, false)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childOption(ChannelOption.SO_KEEPALIVE, true)
                    .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                    .childOption(
                            ChannelOption.RECVBUF_ALLOCATOR,
                            new AdaptiveRecvByteBufAllocator(READ_LEAST, READ_FIRST, READ_MOST))
                    .childHandler(new Initializer(context, connections));
        }
    }

    /** Makes the connection object of an accepted channel, on its event loop. */
    private static final class Initializer extends ChannelInitializer<Channel> {
        private final ListenerContext context;
        private final ChannelGroup connections;

        Initializer(ListenerContext context, ChannelGroup connections) {
            this.context = context;
            this.connections = connections;
        }

        @Override
        protected void initChannel(Channel channel) {
            if (channel.remoteAddress() == null) {
                var unused = channel.close(); // gone before it was accepted
                return;
            }
            channel.config().setWriteBufferWaterMark(context.limits().waitingToBeSent());
            connections.add(channel);
            channel.pipeline().addLast(new ClientConnection(channel, context));
        }
    }
}
