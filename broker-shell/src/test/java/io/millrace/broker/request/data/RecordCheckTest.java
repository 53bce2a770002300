package io.millrace.broker.request.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.partition.RecordCheck;
import io.millrace.broker.partition.TopicSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A topic with a check of its records, over the produce path: what passes is stored, what does not is named. */
class RecordCheckTest {
    @TempDir
    Path directory;

    /** Values that begin with "bad" are refused, those with "slow" want a thread that may block. */
    private static final class Check implements RecordCheck {
        final AtomicInteger counted = new AtomicInteger();
        final boolean rejects;

        Check(boolean rejects) {
            this.rejects = rejects;
        }

        @Override
        public Verdict check(Record record, boolean mayBlock) {
            String value = StandardCharsets.UTF_8.decode(record.value()).toString();
            if (value.startsWith("slow") && !mayBlock) {
                return Verdict.UNDECIDED;
            }
            return value.endsWith("bad") ? Verdict.REFUSED : Verdict.PASSED;
        }

        @Override
        public String explain(Record record) {
            return "it is bad";
        }

        @Override
        public boolean rejects() {
            return rejects;
        }

        @Override
        public void count(String clientId, int records) {
            counted.addAndGet(records);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "lz4"})
    void refusesWhatTheCheckRefuses(String codec) throws Exception {
        Check strict = new Check(true);
        Check counting = new Check(false);
        try (TestBroker broker = new TestBroker(directory)) {
            broker.createTopic("strict", 1, TopicSettings.DEFAULTS.with(strict));
            broker.createTopic("counting", 1, TopicSettings.DEFAULTS.with(counting));
            Map<String, Object> settings =
                    Map.of("bootstrap.servers", broker.bootstrap(), "compression.type", codec, "linger.ms", "0");
            try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
                assertEquals(0, offset(producer, "strict", "good"));
                assertEquals(1, offset(producer, "strict", "slow good"));
                for (String bad : new String[] {"bad", "slow bad"}) {
                    Throwable refused = assertThrows(ExecutionException.class, () -> offset(producer, "strict", bad))
                            .getCause();
                    assertInstanceOf(InvalidRecordException.class, refused);
                    assertTrue(refused.getMessage().contains("it is bad"), refused.getMessage());
                }
                assertEquals(0, offset(producer, "counting", "slow bad"));
            }
            assertEquals(2, broker.partition("strict", 0).log().logEndOffset());
        }
        assertEquals(0, strict.counted.get());
        assertEquals(1, counting.counted.get());
    }

    private static long offset(KafkaProducer<String, String> producer, String topic, String value) throws Exception {
        return producer.send(new ProducerRecord<>(topic, 0, null, value)).get().offset();
    }
}
