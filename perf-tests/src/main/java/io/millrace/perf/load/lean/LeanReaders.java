package io.millrace.perf.load.lean;

import io.millrace.perf.load.Failures;
import io.millrace.perf.load.Lane;
import io.millrace.perf.load.Load;
import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.Probe;
import io.millrace.perf.load.ReadFrom;
import io.millrace.perf.load.Topic;
import io.millrace.perf.load.Worker;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Readers of the lean path, a thread each (and one for each node beyond the first). */
public final class LeanReaders implements Load {
    private final Topic topic;
    private final int count;
    private final ReadFrom from;
    private final Failures failures = new Failures();
    private final List<Probe> probes = new ArrayList<>();
    private final List<LeanReader> readers = new ArrayList<>();
    private final List<Worker> threads = new ArrayList<>();

    /** So many readers, who count into a lane. */
    public LeanReaders(Topic topic, int count, ReadFrom from, Lane lane) {
        this.topic = topic;
        this.count = count;
        this.from = from;
        for (int i = 0; i < count * topic.nodes().size(); i++) {
            probes.add(lane.newProbe());
        }
    }

    @Override
    public void start() throws LoadFailure {
        for (int i = 0; i < count; i++) {
            for (InetSocketAddress node : topic.nodes()) {
                readers.add(LeanReader.open(topic, node, from, probes.get(readers.size())));
            }
        }
        for (LeanReader reader : readers) {
            threads.add(new Worker("lean-reader-" + threads.size(), failures, self -> {
                while (self.running()) {
                    reader.fetch();
                }
            }));
        }
        threads.forEach(Worker::start);
    }

    @Override
    public Optional<String> failure() {
        return failures.first();
    }

    @Override
    public void close() {
        threads.forEach(Worker::stop);
        readers.forEach(LeanReader::close);
        threads.forEach(Worker::join);
    }
}
