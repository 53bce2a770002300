package io.millrace.broker.net;

import io.millrace.broker.stat.NodeTimes;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The event loops of a node, shared by its listeners: native epoll where it loads, NIO elsewhere. Owned by the node,
 * closed after the servers.
 */
public final class EventLoops implements AutoCloseable {
    private static final long CLOSE_TIMEOUT_S = 10;

    private final EventLoopGroup group;
    private final boolean epoll;
    private final NodeTimes times = new NodeTimes();

    private EventLoops(EventLoopGroup group, boolean epoll) {
        this.group = group;
        this.epoll = epoll;
    }

    /** Starts {@code count} loops, one a core when it is 0. */
    public static EventLoops start(int count) {
        return start(count, Epoll.isAvailable());
    }

    static EventLoops start(int count, boolean epoll) {
        int threads = count > 0 ? count : Runtime.getRuntime().availableProcessors();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        return new EventLoops(
                new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("millrace-net", true), io), epoll);
    }

    /** {@code epoll} or {@code nio}. */
    public String transport() {
        return epoll ? "epoll" : "nio";
    }

    /** What the loops measure. */
    public NodeTimes times() {
        return times;
    }

    /** Puts the server on these loops. */
    public ServerBootstrap server(ServerBootstrap bootstrap) {
        return bootstrap.group(group).channel(serverChannel());
    }

    EventLoopGroup group() {
        return group;
    }

    Class<? extends ServerChannel> serverChannel() {
        return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }

    /** Ends the loops after what they have been given; waits at most ten seconds. */
    @Override
    public void close() {
        group.shutdownGracefully(0, CLOSE_TIMEOUT_S, TimeUnit.SECONDS)
                .awaitUninterruptibly(CLOSE_TIMEOUT_S + 1, TimeUnit.SECONDS);
    }
}
