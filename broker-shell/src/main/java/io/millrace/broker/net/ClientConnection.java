package io.millrace.broker.net;

import io.millrace.broker.protocol.RequestParser;
import io.millrace.broker.request.Connection;
import io.millrace.broker.request.InPlaceHandler;
import io.millrace.broker.request.Request;
import io.millrace.broker.request.RequestRouter;
import io.millrace.broker.stat.RequestTimes;
import io.millrace.broker.stat.Stage;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: reads frames, routes requests, and stops reading while the client, or the process, has too much in hand.
 * Owned by its channel; every field but the client information is touched on its event loop only.
 *
 * <p>Reading stops for one of four reasons, and goes on when none is left: the memory budget is spent; too many
 * requests or response bytes are outstanding (a slow reader); a request holds those behind it; the client has used up a
 * quota.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter implements Connection {
    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

    private static final long NO_TURN = Long.MIN_VALUE;

    private final Channel channel;
    private final ListenerContext server;
    private final LoopContext loop;
    private final String id;
    private final InetSocketAddress remote;
    private final FrameAssembler assembler;
    private final ResponseQueue responses;

    private boolean wantsMemory;
    private boolean held;
    private boolean paused;
    private long pausedUntilNs;
    private boolean pumping;
    private boolean closed;
    private long frameDeadlineNs;
    private long lastRequestNs;
    /** When the bytes at hand were read. */
    private long readNs;

    private long turnNs = NO_TURN;
    /** When the request at hand began to be handled, which is when the one before it was done. */
    private long startNs;

    private boolean midFrame;

    private volatile ClientInformation clientInformation = ClientInformation.EMPTY;

    /** Made on the event loop of its channel. */
    ClientConnection(Channel channel, ListenerContext server) {
        this.channel = channel;
        this.server = server;
        this.loop = server.on(channel.eventLoop());
        this.remote = (InetSocketAddress) channel.remoteAddress();
        InetSocketAddress local = (InetSocketAddress) channel.localAddress();
        this.id = local.getAddress().getHostAddress() + ":" + local.getPort() + "-"
                + remote.getAddress().getHostAddress() + ":" + remote.getPort() + "-" + server.nextConnectionNumber();
        this.assembler = new FrameAssembler(
                server.budget(), channel.alloc(), server.limits().requestBytesMax());
        this.responses = new ResponseQueue(channel, this::pump, this::unparked);
        this.readNs = System.nanoTime();
        this.lastRequestNs = readNs;
        this.loop.joined(this);
    }

    // Reading

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object read) {
        turnNs = System.nanoTime();
        if (!assembler.hasInput()) {
            readNs = turnNs;
        }
        responses.beginReading();
        assembler.offer((ByteBuf) read);
        pump();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        responses.flush();
        if (turnNs != NO_TURN) {
            loop.times().turn(System.nanoTime() - turnNs);
            turnNs = NO_TURN;
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (channel.isWritable()) {
            pump();
        }
    }

    /** Handles what has arrived, until bytes, memory or patience are missing. */
    private void pump() {
        if (pumping || closed) {
            return; // a response that completes while its request is being routed ends up here
        }
        pumping = true;
        try {
            pumpFrames();
        } catch (BadFrameException | InvalidRequestException e) {
            close(describe(e));
        } finally {
            pumping = false;
        }
        responses.scheduleFlush();
        adjustReading();
    }

    private void pumpFrames() throws BadFrameException {
        startNs = System.nanoTime();
        while (!closed && mayRoute()) {
            if (!hasFrame()) {
                watchFrame();
                return;
            }
            if (handledInPlace()) {
                continue;
            }
            Frame frame = takeFrame();
            watchFrame();
            if (frame == null) {
                return;
            }
            route(frame, server.router()::route);
        }
    }

    private boolean mayRoute() {
        return !held && !wantsMemory && !paused && responses.hasRoom(server.limits());
    }

    private boolean hasFrame() throws BadFrameException {
        boolean whole = assembler.hasFrame();
        if (!whole && assembler.wantsMemory()) {
            awaitMemory();
            whole = assembler.hasFrame(); // the release may have come just before
            wantsMemory = assembler.wantsMemory();
        }
        return whole;
    }

    private @Nullable Frame takeFrame() {
        Frame frame = assembler.take();
        if (frame == null) {
            awaitMemory();
            frame = assembler.take();
            wantsMemory = frame == null;
        }
        return frame;
    }

    private void awaitMemory() {
        server.budget().await(() -> execute(this::retryMemory, () -> {}));
    }

    /** Starts the clock of a frame when it begins. */
    private void watchFrame() {
        boolean begun = assembler.isMidFrame();
        if (begun && !midFrame) {
            frameDeadlineNs = server.limits().frameDeadlineNs(System.nanoTime(), assembler.announced());
        }
        midFrame = begun;
    }

    private void retryMemory() {
        if (wantsMemory && !closed) {
            wantsMemory = false;
            midFrame = false; // the time that we did not read is not the client's
            pump();
        }
    }

    @Override
    public void pause(int milliseconds) {
        onLoop(() -> pauseHere(milliseconds), () -> {});
    }

    private void pauseHere(int milliseconds) {
        long untilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
        pausedUntilNs = paused && pausedUntilNs - untilNs > 0 ? pausedUntilNs : untilNs;
        paused = true;
        var unused = channel.eventLoop().schedule(this::resume, milliseconds, TimeUnit.MILLISECONDS);
        adjustReading();
    }

    private void resume() {
        if (paused && System.nanoTime() - pausedUntilNs >= 0) {
            paused = false;
            midFrame = false; // the time that we did not read is not the client's
            pump();
        }
    }

    private void adjustReading() {
        boolean read = !closed && mayRoute();
        if (channel.config().isAutoRead() != read) {
            channel.config().setAutoRead(read);
        }
    }

    // Routing

    /** Answers, or begins, the request of the whole frame where it lies; only when no earlier one waits for its answer. */
    private boolean handledInPlace() {
        if (!responses.isEmpty()) {
            return false;
        }
        ByteBuffer frame = assembler.view();
        InPlaceHandler handler =
                frame.remaining() < Short.BYTES ? null : loop.inPlace(frame.getShort(frame.position()));
        if (handler == null) {
            return false;
        }
        int outcome;
        try {
            outcome = handler.handle(frame, responses);
        } catch (Throwable t) {
            route(assembler.takeAnyhow(), request -> RequestRouter.failed(request, t));
            return true;
        }
        return outcome != InPlaceHandler.LEFT && ended(handler, outcome);
    }

    private boolean ended(InPlaceHandler handler, int outcome) {
        midFrame = false;
        lastRequestNs = readNs;
        if (outcome == InPlaceHandler.BEGUN) {
            route(assembler.takeAnyhow(), request -> finish(handler, request));
            return true;
        }
        if (outcome != InPlaceHandler.PARKED) {
            measure(handler);
        }
        if (outcome > 0) {
            responses.wroteInPlace(outcome);
        }
        assembler.skip();
        return true;
    }

    private void measure(InPlaceHandler handler) {
        long endNs = System.nanoTime();
        if (handler.stage() == Stage.PRODUCE) {
            loop.times().producedInPlace(id, handler.correlationId(), readNs, startNs, handler.checkedNs(), endNs);
        } else {
            loop.times().fetchedInPlace(id, handler.correlationId(), readNs, startNs, endNs);
        }
        startNs = endNs;
    }

    private void unparked(int correlationId, long startedNs) {
        loop.times().fetchedInPlace(id, correlationId, startedNs, startedNs, System.nanoTime());
    }

    private void finish(InPlaceHandler handler, Request request) {
        request.times().checked(handler.checkedNs() - startNs);
        request.times().appended(System.nanoTime() - handler.checkedNs());
        server.router().finish(handler, request);
    }

    private void route(Frame frame, Consumer<Request> handler) {
        Request request;
        try {
            request = parse(frame);
        } catch (RuntimeException e) {
            frame.release();
            throw e;
        }
        lastRequestNs = readNs;
        handler.accept(request);
        startNs = System.nanoTime();
    }

    private Request parse(Frame frame) {
        ByteBuffer bytes = frame.buffer();
        RequestHeader header = RequestParser.header(bytes);
        RequestRouter router = server.router();
        if (!router.serves(header.apiKey(), header.apiVersion())) {
            throw new InvalidRequestException("not served: " + header.apiKey() + " v" + header.apiVersion());
        }
        AbstractRequest body = RequestParser.body(header, bytes);
        RequestTimes times = new RequestTimes(readNs, startNs);
        PendingExchange exchange = new PendingExchange(this, header, frame, times);
        responses.expect(exchange);
        if (!RequestParser.keepsBuffer(header.apiKey())) {
            frame.release();
        }
        return new Request(header, body, exchange, times);
    }

    // Answering; called through PendingExchange

    void hold() {
        held = true;
    }

    void completed(PendingExchange exchange, @Nullable ApiMessage message) {
        if (closed) {
            OrphanedRecords.close(message);
            exchange.done(null);
            return;
        }
        encode(exchange, message);
        measure(exchange);
        if (exchange.holdsFollowing()) {
            held = false;
        }
        responses.writeReady();
        pump();
    }

    private void measure(PendingExchange exchange) {
        RequestHeader header = exchange.header();
        Stage whole = switch (header.apiKey()) {
            case PRODUCE -> Stage.PRODUCE;
            case FETCH -> Stage.FETCH;
            default -> Stage.OTHER;
        };
        loop.times().answered(whole, header.apiKey().name(), id, header.correlationId(), exchange.times());
    }

    void aborted(PendingExchange exchange, String why) {
        exchange.done(null);
        close(why);
    }

    private void encode(PendingExchange exchange, @Nullable ApiMessage message) {
        EncodedResponse encoded = null;
        try {
            if (message != null) {
                RequestHeader header = exchange.header();
                encoded = ResponseEncoder.encode(
                        channel.alloc(), header.toResponseHeader(), message, RequestParser.responseVersion(header));
            }
        } catch (RuntimeException | Error e) {
            OrphanedRecords.close(message);
            LOG.error("response not encoded request={} connection={}", exchange.header(), id, e);
            close("its response could not be encoded");
        }
        exchange.done(encoded);
    }

    /** Runs {@code action} on the event loop, now if this is it; {@code otherwise} when the loop has ended. */
    void onLoop(Runnable action, Runnable otherwise) {
        if (channel.eventLoop().inEventLoop()) {
            action.run();
        } else {
            execute(action, otherwise);
        }
    }

    private void execute(Runnable action, Runnable otherwise) {
        try {
            channel.eventLoop().execute(action);
        } catch (RejectedExecutionException e) {
            LOG.debug("event loop has ended connection={}", id);
            otherwise.run();
        }
    }

    // Ending

    /** Called about once a second by the sweep of the loop. */
    void checkDeadlines(long nowNs) {
        if (midFrame && mayRoute() && nowNs - frameDeadlineNs > 0) {
            close("frame of " + assembler.announced() + " bytes not complete in time");
        } else if (responses.isEmpty()
                && nowNs - lastRequestNs > server.limits().idleNs()) {
            LOG.debug("closing idle connection={}", id);
            var unused = channel.close();
        }
    }

    private void close(String why) {
        if (closed) {
            return;
        }
        closed = true; // nothing more is read, and answers that are under way go nowhere
        String name = server.listener().value();
        LOG.warn("closing connection={} listener={}: {}", id, name, why);
        var unused = channel.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        closed = true;
        loop.left(this);
        assembler.release();
        responses.disconnected();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("connection={} lost: {}", id, cause.toString());
        } else {
            LOG.error("closing connection={} after a failure", id, cause);
        }
        var unused = channel.close();
    }

    private static String describe(Exception e) {
        Throwable cause = e.getCause();
        return cause == null ? String.valueOf(e.getMessage()) : e.getMessage() + ": " + cause.getMessage();
    }

    // Connection

    @Override
    public String id() {
        return id;
    }

    @Override
    public InetAddress clientAddress() {
        return remote.getAddress();
    }

    @Override
    public int clientPort() {
        return remote.getPort();
    }

    @Override
    public ListenerName listener() {
        return server.listener();
    }

    @Override
    public SecurityProtocol securityProtocol() {
        return SecurityProtocol.PLAINTEXT;
    }

    @Override
    public KafkaPrincipal principal() {
        return KafkaPrincipal.ANONYMOUS;
    }

    @Override
    public ClientInformation clientInformation() {
        return clientInformation;
    }

    @Override
    public void clientInformation(ClientInformation information) {
        clientInformation = information;
    }

    @Override
    public ScheduledExecutorService loop() {
        return channel.eventLoop();
    }

    @Override
    public boolean isOpen() {
        return channel.isActive();
    }
}
