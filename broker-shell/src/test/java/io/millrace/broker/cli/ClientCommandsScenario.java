package io.millrace.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.broker.cli.Cli.Result;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The client commands against one broker of either kind, which makes topics of one partition. */
abstract class ClientCommandsScenario {
    /** Where the broker under test listens. */
    abstract String server();

    @Test
    void topicsAreMadeListedDescribedChangedAndDeleted() {
        assertEquals(
                "topic t1: created",
                ok(topics("--create", "--topic", "t1", "--partitions", "2", "--config", "retention.ms=60000")));
        assertEquals(1, topics("--create", "--topic", "t1").code());
        assertEquals("topic t1: exists", ok(topics("--create", "--topic", "t1", "--if-not-exists")));
        assertTrue(topics("--list").outLines().contains("t1"));
        final String described = ok(topics("--describe", "--topic", "t1"));
        assertTrue(
                described.contains("PartitionCount: 2\tReplicationFactor: 1\tConfigs: retention.ms=60000"), described);
        assertTrue(described.contains("\tTopic: t1\tPartition: 1\tLeader: 1\tReplicas: 1\tIsr: 1"), described);
        assertTrue(ok(topics("--describe", "--topic", "t1", "--json")).contains("\"partition\":1,\"leader\":1"));
        assertEquals("topic t1: partitions=3", ok(topics("--alter", "--topic", "t1", "--partitions", "3")));
        assertEquals("topic t1: deleted", ok(topics("--delete", "--topic", "t1")));
        final Result gone = topics("--delete", "--topic", "t1");
        assertEquals(1, gone.code());
        assertEquals("millrace topics: topic 't1' does not exist", gone.errLine());
        final Result wrong = topics("--create", "--topic", "t2", "--config", "retention.mss=1");
        assertEquals(2, wrong.code());
        assertTrue(wrong.errLine().contains("retention.mss"), wrong.err());
    }

    @Test
    void linesComeBackInOrderThroughEveryCodec() {
        for (final String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            final String topic = "lines-" + codec;
            final String text = numbered(1000);
            final Result in = produce(text, "--topic", topic, "--compression-codec", codec);
            assertEquals(0, in.code(), in.err());
            assertTrue(in.errLine().startsWith("produced 1,000 records"), in.err());
            final Result out =
                    consume("--topic", topic, "--from-beginning", "--max-messages", "1000", "--timeout-ms", "20000");
            assertEquals(text, out.out(), out.err());
        }
    }

    @Test
    void keysHeadersAndBytesSurvive() {
        final Result in = produce(
                "h:1,i:2\tk\tvalue\nNULL\tNULL\tNULL\n",
                "--topic",
                "keyed",
                "--property",
                "parse.key=true",
                "--property",
                "parse.headers=true",
                "--property",
                "null.marker=NULL");
        assertEquals(0, in.code(), in.err());
        final Result out = consume(
                "--topic",
                "keyed",
                "--from-beginning",
                "--max-messages",
                "2",
                "--timeout-ms",
                "20000",
                "--property",
                "print.key=true",
                "--property",
                "print.headers=true",
                "--property",
                "print.offset=true",
                "--property",
                "key.separator=|");
        assertEquals(List.of("Offset:0|h:1,i:2|k|value", "Offset:1|NO_HEADERS|null|null"), out.outLines(), out.err());
    }

    @Test
    void jsonGoesOutAndIn() {
        produce(
                "{\"key\":\"k\",\"value\":{\"a\":1},\"headers\":{\"x\":\"y\"},\"timestamp\":17}\n{\"valueBase64\":\"/w==\"}\n",
                "--topic",
                "json-a",
                "--json-lines");
        final Result first = consume(
                "--topic", "json-a", "--from-beginning", "--max-messages", "2", "--timeout-ms", "20000", "--json");
        assertEquals(
                "{\"topic\":\"json-a\",\"partition\":0,\"offset\":0,\"timestamp\":17,\"key\":\"k\","
                        + "\"value\":\"{\\\"a\\\":1}\",\"headers\":{\"x\":\"y\"}}",
                first.outLines().get(0));
        assertTrue(first.outLines().get(1).endsWith("\"key\":null,\"valueBase64\":\"/w==\"}"), first.out());
        assertEquals(
                0, produce(first.out(), "--topic", "json-b", "--json-lines").code());
        final Result second = consume(
                "--topic", "json-b", "--from-beginning", "--max-messages", "2", "--timeout-ms", "20000", "--json");
        assertEquals(first.out().replace("json-a", "json-b"), second.out());
    }

    @Test
    void aGroupGoesOnWhereItCommittedAndCanBeMoved() {
        ok(topics("--create", "--topic", "grouped", "--partitions", "1"));
        produce(numbered(10), "--topic", "grouped");
        final List<String> read =
                List.of("--topic", "grouped", "--group", "g", "--from-beginning", "--timeout-ms", "20000");
        assertEquals(numbered(4), consume(with(read, "--max-messages", "4")).out());
        assertEquals(
                "line 5\nline 6\n", consume(with(read, "--max-messages", "2")).out());
        assertTrue(groups("--list").outLines().contains("g"));
        assertTrue(groups("--list", "--state").outLines().contains("g\tEmpty"));
        final String described = ok(groups("--describe", "--group", "g"));
        assertTrue(described.matches("(?s)GROUP +TOPIC.*\\ng +grouped +0 +6 +10 +4 +-.*"), described);
        assertTrue(ok(groups("--describe", "--group", "g", "--json"))
                .contains("\"currentOffset\":6,\"logEndOffset\":10,\"lag\":4"));
        assertEquals("3", reset("--shift-by", "-3"));
        assertEquals("0", reset("--to-earliest"));
        assertEquals("10", reset("--to-latest"));
        assertEquals("7", reset("--to-offset", "7"));
        assertEquals("10", reset("--to-datetime", "2999-01-01T00:00:00.000"));
        assertEquals("0", reset("--by-duration", "P1D"));
        assertEquals("6", reset("--to-current"));
        final Result moved =
                groups("--reset-offsets", "--group", "g", "--topic", "grouped", "--to-offset", "8", "--execute");
        assertEquals("", moved.err());
        assertEquals(
                "line 9\nline 10\n", consume(with(read, "--max-messages", "2")).out());
        assertEquals(
                "group g: offsets of grouped deleted",
                ok(groups("--delete-offsets", "--group", "g", "--topic", "grouped")));
        assertEquals("group g: deleted", ok(groups("--delete", "--group", "g")));
        assertEquals(1, groups("--describe", "--group", "g").code());
    }

    @Test
    void onePartitionFromAnOffset() {
        ok(topics("--create", "--topic", "parts", "--partitions", "2"));
        produce(
                "{\"value\":\"a\",\"partition\":1}\n{\"value\":\"b\",\"partition\":1}\n{\"value\":\"c\",\"partition\":0}\n",
                "--topic",
                "parts",
                "--json-lines");
        assertEquals(
                "b\n",
                consume("--topic", "parts", "--partition", "1", "--offset", "1", "--max-messages", "1")
                        .out());
        assertEquals(
                "b\n",
                consume("--topic", "parts", "--partition", "1", "--offset", "-1", "--max-messages", "1")
                        .out());
        assertEquals(
                1,
                consume("--topic", "parts", "--partition", "7", "--max-messages", "1")
                        .code());
    }

    private String reset(final String... target) {
        final Result dry = groups(with(List.of("--reset-offsets", "--group", "g", "--topic", "grouped:0"), target));
        assertEquals("dry run, nothing was changed: add --execute to change it", dry.errLine());
        final String row = dry.outLines().get(1);
        return row.substring(row.lastIndexOf(' ') + 1);
    }

    private static String numbered(final int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());
    }

    private static String ok(final Result result) {
        assertEquals(0, result.code(), result.err());
        return result.out().strip();
    }

    private Result topics(final String... arguments) {
        return Cli.run(with(List.of("topics", "--bootstrap-server", server()), arguments));
    }

    private Result groups(final String... arguments) {
        return Cli.run(with(List.of("groups", "--bootstrap-server", server()), arguments));
    }

    private Result consume(final String... arguments) {
        return Cli.run(with(List.of("consume", "--bootstrap-server", server()), arguments));
    }

    private Result produce(final String input, final String... arguments) {
        return Cli.runWithInput(
                input.getBytes(StandardCharsets.UTF_8),
                with(List.of("produce", "--bootstrap-server", server()), arguments));
    }

    private static String[] with(final List<String> first, final String... rest) {
        return Stream.concat(first.stream(), Arrays.stream(rest)).toArray(String[]::new);
    }
}
