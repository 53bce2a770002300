package io.millrace.perf.scenario;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.Topic;
import io.millrace.perf.target.Broker;
import io.millrace.perf.target.Cluster;
import java.util.Map;

/**
 * What a scenario runs on.
 *
 * @param broker which was started or is there
 * @param clientSettings for every client of the real path and for making topics
 * @param progress is told once a second
 */
public record Bench(Broker broker, Map<String, String> clientSettings, Progress progress) {
    public Bench {
        clientSettings = Map.copyOf(clientSettings);
    }

    Cluster connect() throws LoadFailure {
        return broker.connect(clientSettings);
    }

    /** A topic of this kind of load, under a name that no other run has. */
    static Topic topic(Cluster cluster, Kind kind, int partitions) throws LoadFailure {
        return cluster.create("perf-" + kind.command() + "-" + Long.toHexString(System.nanoTime()), partitions);
    }
}
