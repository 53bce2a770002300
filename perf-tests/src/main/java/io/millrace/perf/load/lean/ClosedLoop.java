package io.millrace.perf.load.lean;

import io.millrace.perf.load.Failures;
import io.millrace.perf.load.Lane;
import io.millrace.perf.load.Load;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Probe;
import io.millrace.perf.load.Topic;
import io.millrace.perf.load.Worker;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The most throughput: each connection always has a full window in flight. One thread serves all connections; latencies count from the
 * send, because a closed loop intends nothing earlier, and say little about what a user at a steady rate would see.
 */
public final class ClosedLoop implements Load {
    private static final long SELECT_MS = 100;

    private final LoadSpec spec;
    private final Topic topic;
    private final boolean stamped;
    private final Probe probe;
    private final Failures failures = new Failures();
    private final Worker thread;
    private List<LeanConnection> connections = List.of();
    private @Nullable Selector selector;

    /** A load that counts into a lane; {@code stamped} puts the send time into every record. */
    public ClosedLoop(LoadSpec spec, Topic topic, Lane lane, boolean stamped) {
        this.spec = spec;
        this.topic = topic;
        this.stamped = stamped;
        this.probe = lane.newProbe();
        this.thread = new Worker("lean-closed-loop", failures, self -> run());
    }

    @Override
    public void start() throws LoadFailure {
        connections = Connections.open(spec, topic, stamped);
        thread.start();
    }

    private void run() throws IOException, LoadFailure {
        try (Selector opened = Selector.open()) {
            selector = opened;
            for (LeanConnection connection : connections) {
                connection.channel().register(opened, SelectionKey.OP_READ, connection);
            }
            for (SelectionKey key : opened.keys()) {
                send(key, (LeanConnection) key.attachment());
            }
            while (thread.running()) {
                opened.select(this::turn, SELECT_MS);
            }
        }
    }

    private void turn(SelectionKey key) {
        LeanConnection connection = (LeanConnection) key.attachment();
        try {
            if (key.isReadable()) {
                connection.read(probe);
            }
            send(key, connection);
        } catch (IOException | LoadFailure e) {
            failures.add(LoadFailure.lineOf(e));
        }
    }

    /** Fills the window; asks to be told when the socket takes more only while it does not. */
    private static void send(SelectionKey key, LeanConnection connection) throws IOException {
        boolean all = !connection.unsent() || connection.write();
        while (all && connection.room() > 0) {
            connection.prepare(connection.room(), System.nanoTime());
            all = connection.write();
        }
        int wanted = all ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE;
        if (key.interestOps() != wanted) {
            key.interestOps(wanted);
        }
    }

    @Override
    public Optional<String> failure() {
        return failures.first();
    }

    @Override
    public void close() {
        thread.stop();
        Selector opened = selector;
        if (opened != null) {
            opened.wakeup();
        }
        thread.join();
        connections.forEach(LeanConnection::close);
    }
}
