package io.millrace.perf.load.lean;

import io.millrace.perf.load.Failures;
import io.millrace.perf.load.Lane;
import io.millrace.perf.load.Load;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Pace;
import io.millrace.perf.load.Probe;
import io.millrace.perf.load.Topic;
import io.millrace.perf.load.Worker;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed rate, round the connections. One thread sends each request at the time at which it is due, another takes answers; latency
 * counts from the due time. A request that finds no room in its window waits for room, and that wait is part of its latency.
 */
public final class OpenLoop implements Load {
    private static final long SELECT_MS = 100;
    private static final long WAIT_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long ROOM_WAIT_NS = TimeUnit.MICROSECONDS.toNanos(20);

    private final LoadSpec spec;
    private final Topic topic;
    private final boolean stamped;
    private final Probe probe;
    private final Failures failures = new Failures();
    private final Worker sender;
    private final Worker receiver;
    private List<LeanConnection> connections = List.of();

    /** A load that counts into a lane; {@code stamped} puts the due time into every record. */
    public OpenLoop(LoadSpec spec, Topic topic, Lane lane, boolean stamped) {
        this.spec = spec;
        this.topic = topic;
        this.stamped = stamped;
        this.probe = lane.newProbe();
        this.sender = new Worker("lean-sender", failures, self -> send());
        this.receiver = new Worker("lean-receiver", failures, self -> receive());
    }

    @Override
    public void start() throws LoadFailure {
        connections = Connections.open(spec, topic, stamped);
        receiver.start();
        sender.start();
    }

    private void send() throws IOException {
        Pace pace = new Pace(System.nanoTime(), spec.timing().ratePerSecond());
        int turn = 0;
        while (sender.running()) {
            if (pace.await(WAIT_NS)) {
                send(connections.get(turn), pace.nextNs());
                pace.advance();
                turn = turn + 1 == connections.size() ? 0 : turn + 1;
            }
        }
    }

    private void send(LeanConnection connection, long dueNs) throws IOException {
        while (connection.room() == 0 && sender.running()) {
            LockSupport.parkNanos(ROOM_WAIT_NS);
        }
        if (connection.room() > 0) {
            connection.prepare(1, dueNs);
        }
        while (connection.unsent() && sender.running() && !connection.write()) {
            LockSupport.parkNanos(ROOM_WAIT_NS);
        }
    }

    private void receive() throws IOException {
        try (Selector selector = Selector.open()) {
            for (LeanConnection connection : connections) {
                connection.channel().register(selector, SelectionKey.OP_READ, connection);
            }
            while (receiver.running()) {
                selector.select(this::take, SELECT_MS);
            }
        }
    }

    private void take(SelectionKey key) {
        try {
            ((LeanConnection) key.attachment()).read(probe);
        } catch (IOException | LoadFailure e) {
            failures.add(LoadFailure.lineOf(e));
        }
    }

    @Override
    public Optional<String> failure() {
        return failures.first();
    }

    @Override
    public void close() {
        sender.stop();
        receiver.stop();
        sender.join();
        receiver.join();
        connections.forEach(LeanConnection::close);
    }
}
