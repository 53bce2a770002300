package io.millrace.perf.load;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/**
 * A topic as requests name it.
 *
 * @param name of it
 * @param id of it
 * @param leaders address of each partition's leader, by partition
 */
public record Topic(String name, Uuid id, List<InetSocketAddress> leaders) {
    public Topic {
        leaders = List.copyOf(leaders);
    }

    /** The nodes that lead, each once. */
    public List<InetSocketAddress> nodes() {
        return leaders.stream().distinct().toList();
    }

    /** The partitions that a node leads. */
    public int[] ledBy(InetSocketAddress node) {
        return IntStream.range(0, leaders.size())
                .filter(partition -> leaders.get(partition).equals(node))
                .toArray();
    }
}
