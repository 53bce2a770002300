package io.millrace.perf;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Waits until a starting server acknowledges a record of the ordinary, patient producer of a user. Stateless. */
final class FirstRecord {
    private static final int BOUND_SECONDS = 90;
    private static final int ATTEMPT_SECONDS = 1;

    private FirstRecord() {}

    /** Milliseconds from the start of the process to the acknowledgement; the record's topic is made by its first use. */
    static double awaitMs(Server server, String topic) throws IOException, InterruptedException {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", server.bootstrap(),
                // The client asks again every 20 ms, so that its own waiting is not measured.
                "reconnect.backoff.ms", "20",
                "reconnect.backoff.max.ms", "20",
                "retry.backoff.ms", "20",
                "retry.backoff.max.ms", "20");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            var acknowledgement = producer.send(new ProducerRecord<>(topic, new byte[Load.RECORD_BYTES]));
            for (int second = 0; second < BOUND_SECONDS; second++) {
                try {
                    acknowledgement.get(ATTEMPT_SECONDS, TimeUnit.SECONDS);
                    return (System.nanoTime() - server.startedNs()) / 1e6;
                } catch (TimeoutException e) {
                    server.requireAlive();
                } catch (ExecutionException e) {
                    throw new IOException("the first record was refused", e);
                }
            }
        }
        throw new IOException("no acknowledgement within " + BOUND_SECONDS + " s");
    }
}
