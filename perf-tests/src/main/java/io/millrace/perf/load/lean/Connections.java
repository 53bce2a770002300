package io.millrace.perf.load.lean;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.load.LoadSpec;
import io.millrace.perf.load.Topic;
import java.util.ArrayList;
import java.util.List;

/** The producing connections of a load. Stateless. */
final class Connections {
    private Connections() {}

    /** Opens them all; closes those that were opened when one cannot be. */
    static List<LeanConnection> open(LoadSpec spec, Topic topic, boolean stamped) throws LoadFailure {
        List<LeanConnection> connections = new ArrayList<>();
        try {
            for (int i = 0; i < spec.width().connections(); i++) {
                connections.add(LeanConnection.open(spec, topic, i, stamped));
            }
            return connections;
        } catch (LoadFailure e) {
            connections.forEach(LeanConnection::close);
            throw e;
        }
    }
}
