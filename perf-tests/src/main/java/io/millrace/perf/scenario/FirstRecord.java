package io.millrace.perf.scenario;

import io.millrace.perf.load.LoadFailure;
import io.millrace.perf.target.Broker;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Waits until a starting broker acknowledges a record of the ordinary, patient producer of a user. Stateless. */
final class FirstRecord {
    private static final int BOUND_SECONDS = 180;
    private static final int VALUE_BYTES = 100;

    private FirstRecord() {}

    /** Milliseconds from the start of the process to the acknowledgement; the topic is made by its first use. */
    static double awaitMs(Broker broker, Map<String, String> clientSettings, String topic) throws LoadFailure {
        Map<String, Object> settings = new HashMap<>(clientSettings);
        settings.put("bootstrap.servers", broker.bootstrap());
        settings.put("max.block.ms", BOUND_SECONDS * 1_000);
        // The client asks again every 20 ms, so that its own waiting is not measured.
        for (String pause :
                new String[] {"reconnect.backoff", "reconnect.backoff.max", "retry.backoff", "retry.backoff.max"}) {
            settings.put(pause + ".ms", "20");
        }
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            var acknowledgement = producer.send(new ProducerRecord<>(topic, new byte[VALUE_BYTES]));
            for (int second = 0; second < BOUND_SECONDS; second++) {
                try {
                    acknowledgement.get(1, TimeUnit.SECONDS);
                    return (System.nanoTime() - broker.startedNs()) / 1e6;
                } catch (TimeoutException e) {
                    broker.requireAlive();
                }
            }
        } catch (ExecutionException e) {
            throw new LoadFailure("the first record was refused: " + LoadFailure.lineOf(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoadFailure("interrupted", e);
        }
        throw new LoadFailure("no acknowledgement within " + BOUND_SECONDS + " s");
    }
}
