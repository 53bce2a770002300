package io.millrace.broker.it.support;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A record as some client got it. */
public record Received(int partition, long offset, String key, String value) {
    public static Received of(ConsumerRecord<byte[], byte[]> record) {
        return new Received(record.partition(), record.offset(), text(record.key()), text(record.value()));
    }

    /** Parses what the clients of other languages print: partition, offset, key and value between tabs. */
    public static Received parse(String line) {
        String[] fields = line.split("\t", 4);
        if (fields.length != 4) {
            throw new IllegalArgumentException("not a record: " + Arrays.toString(fields));
        }
        return new Received(Integer.parseInt(fields[0]), Long.parseLong(fields[1]), fields[2], fields[3]);
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }
}
