package io.millrace.broker.cluster;

import io.millrace.broker.it.support.Await;
import io.millrace.broker.it.support.Clients;
import io.millrace.broker.it.support.LogLines;
import io.millrace.broker.it.support.Received;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;

/**
 * Sends lines in order with acks=all, a thousand at most under way, and remembers where each was acknowledged to be. The sending has a
 * thread of its own; the rest is for any.
 */
final class SteadyProducer {
    private static final Duration BOUND = Duration.ofMinutes(2);
    private static final int UNDER_WAY_MAX = 1_000;

    private final String topic;
    private final List<LogLines.Line> lines;
    private final AtomicInteger acknowledged = new AtomicInteger();
    /** By partition and offset, the key that was acknowledged there. */
    private final Map<String, String> places = new ConcurrentHashMap<>();

    private final CompletableFuture<Void> done;

    private SteadyProducer(String bootstrap, String topic, List<LogLines.Line> lines) {
        this.topic = topic;
        this.lines = lines;
        this.done = CompletableFuture.runAsync(() -> send(bootstrap), task -> new Thread(task, "producer").start());
    }

    static SteadyProducer start(String bootstrap, String topic, List<LogLines.Line> lines) {
        return new SteadyProducer(bootstrap, topic, lines);
    }

    private void send(String bootstrap) {
        Map<String, Object> settings = new HashMap<>(Map.of(
                "acks", "all",
                "batch.size", "2048",
                "linger.ms", "1",
                "retry.backoff.ms", "50",
                "request.timeout.ms", "5000",
                "delivery.timeout.ms", "120000"));
        List<Future<?>> all = new ArrayList<>(lines.size());
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(bootstrap, settings)) {
            for (LogLines.Line line : lines) {
                int sent = all.size();
                if (sent % 100 == 0) {
                    Await.until(
                            "acknowledgements",
                            BOUND,
                            acknowledged::get,
                            () -> acknowledged.get() > sent - UNDER_WAY_MAX);
                }
                all.add(producer.send(Clients.record(topic, line), (metadata, failure) -> {
                    if (failure == null) {
                        places.put(metadata.partition() + "@" + metadata.offset(), line.key());
                        acknowledged.incrementAndGet();
                    }
                }));
            }
            all.forEach(Clients::get);
        }
    }

    /** Waits until that share of the lines has been acknowledged. */
    void awaitShare(double share) {
        int goal = (int) (lines.size() * share);
        Await.until(
                goal + " acknowledged", BOUND, acknowledged::get, () -> acknowledged.get() >= goal || done.isDone());
    }

    /** Waits for the last acknowledgement; fails where one line got none. */
    void join() {
        done.join();
    }

    /** Acknowledged places where now something else is, or nothing. */
    List<String> moved(List<Received> received) {
        Map<String, String> found = received.stream()
                .collect(Collectors.toMap(each -> each.partition() + "@" + each.offset(), Received::key));
        return places.entrySet().stream()
                .filter(each -> !each.getValue().equals(found.get(each.getKey())))
                .map(each -> each.getValue() + " was at " + each.getKey() + ", there is " + found.get(each.getKey()))
                .limit(20)
                .toList();
    }
}
