package io.millrace.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.broker.cli.Cli.Result;
import io.millrace.broker.it.support.GoldenManifest;
import io.millrace.broker.it.support.TestFiles;
import io.millrace.log.AppendOrigin;
import io.millrace.log.AppendResult;
import io.millrace.log.AppendStatus;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.PartitionLog;
import io.millrace.log.batch.RecordBatchBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The log commands on the directories of Apache Kafka, held against their manifests to the byte, and beside a log that grows. */
class LogCommandsIT {
    private static final String SEGMENT = "00000000000000000000.log";

    @TempDir
    private Path work;

    @ParameterizedTest
    @ValueSource(strings = {"clean", "unclean"})
    void verifyAndDumpFindWhatTheManifestSays(final String kind) throws IOException {
        final Path data = unpack(kind);
        final Result verified = Cli.run("log", "verify", "--deep", "--json", data.toString());
        assertEquals(0, verified.code(), verified.out());
        final List<JsonNode> lines = json(verified);
        for (final GoldenManifest.Entry expected : GoldenManifest.read(TestFiles.golden("manifest-" + kind + ".csv"))) {
            final String name = expected.partition().toString();
            final JsonNode partition = lines.stream()
                    .filter(line -> line.path("name").asText().equals(name))
                    .findFirst()
                    .orElseThrow();
            assertEquals(expected.batches(), partition.path("batches").asInt(), name);
            assertEquals(expected.records(), partition.path("records").asInt(), name);
            assertEquals(expected.firstOffset(), partition.path("firstOffset").asLong(), name);
            assertEquals(expected.lastOffset(), partition.path("lastOffset").asLong(), name);
            assertEquals(expected.maxTimestamp(), partition.path("maxTimestamp").asLong(), name);
            assertEquals(expected.sha256(), sumOfDump(data.resolve(name)), name);
        }
    }

    /** Of what dump prints, compressed records and transaction markers included. */
    private static String sumOfDump(final Path partition) throws IOException {
        final Result dumped = Cli.run("log", "dump", "--json", "--print-data", partition.toString());
        assertEquals(0, dumped.code(), dumped.err());
        final MessageDigest digest = GoldenManifest.sha256();
        for (final JsonNode line : json(dumped)) {
            if (line.path("type").asText().equals("record")) {
                digest.update(GoldenManifest.line(
                        line.path("offset").asLong(),
                        line.path("timestamp").asLong(),
                        bytes(line, "key"),
                        bytes(line, "value")));
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    @Test
    void damageIsExitCodeOneAndRepairedOnlyWhenAsked() throws IOException {
        final Path data = unpack("clean");
        final Path log = data.resolve("logs-none-0").resolve(SEGMENT);
        final byte[] bytes = Files.readAllBytes(log);
        bytes[200_000] ^= 1;
        Files.write(log, bytes);
        assertEquals(1, Cli.run("log", "verify", data.toString()).code());
        final Result planned = Cli.run("log", "repair", "--json", data.toString());
        assertEquals(1, planned.code(), planned.err());
        assertTrue(planned.out().contains("\"action\":\"cut\""), planned.out());
        assertEquals(bytes.length, Files.size(log));
        final Result applied = Cli.run("log", "repair", "--json", "--apply", data.toString());
        assertEquals(0, applied.code(), applied.err());
        assertTrue(applied.out().contains("\"type\":\"kept\""), applied.out());
        assertTrue(Files.size(log) < 200_000);
    }

    @Test
    void tailFollowsALogWhileItGrowsAndRolls() throws Exception {
        final Path data = work.resolve("live");
        final LogConfig config = LogConfig.builder().segmentBytes(1_000).build();
        try (LogRuntime runtime = LogRuntime.start();
                LogDirectory directory = LogDirectory.open(data, runtime, topic -> config, 1, LogListener.NONE)) {
            final PartitionLog log = directory.create("t", 0, 1, 2, config);
            append(log, 0, 1);
            final CompletableFuture<Result> tail = CompletableFuture.supplyAsync(() -> Cli.run(
                    "log",
                    "tail",
                    "--json",
                    "--from",
                    "earliest",
                    "--max-records",
                    "100",
                    data.resolve("t-0").toString()));
            append(log, 1, 100);
            final Result followed = tail.get(60, TimeUnit.SECONDS);
            assertEquals(0, followed.code(), followed.err());
            assertTrue(log.segmentCount() > 3);
            final List<JsonNode> lines = json(followed);
            assertEquals(100, lines.size());
            for (int i = 0; i < lines.size(); i++) {
                assertEquals(i, lines.get(i).path("offset").asLong());
                assertEquals("value " + i, lines.get(i).path("value").asText());
            }
            final Result refused = Cli.run("log", "repair", "--apply", data.toString());
            assertEquals(2, refused.code());
            assertTrue(refused.errLine().contains("in use"), refused.err());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "log | millrace log: one of dump, verify, repair and tail is needed",
                "log verify nowhere | millrace log verify: nowhere: no such file or directory",
                "log dump pom.xml | millrace log dump: pom.xml: not a segment: its name is not twenty digits and .log",
                "log dump --from 9 --to 3 . | millrace log dump: --from 9 --to 3: no offset lies between them",
                "log tail --from x . | millrace log tail: --from x: earliest, latest or an offset"
            })
    void wrongUsageIsOneLineAndExitCodeTwo(final String commandLine, final String message) {
        final Result result = Cli.run(commandLine.split(" ", -1));
        assertEquals(message, result.errLine());
        assertEquals(2, result.code());
    }

    private Path unpack(final String kind) {
        TestFiles.unpack(TestFiles.golden("data-" + kind + ".tar.gz"), work);
        return work.resolve("data");
    }

    private static void append(final PartitionLog log, final int from, final int to) {
        final AppendResult result = new AppendResult();
        for (int i = from; i < to; i++) {
            final var batch = new RecordBatchBuilder()
                    .add(1_700_000_000_000L + i, null, ("value " + i).getBytes(StandardCharsets.UTF_8))
                    .build();
            assertEquals(AppendStatus.APPENDED, log.appendAsLeader(batch, 0, AppendOrigin.CLIENT, result));
        }
    }

    private static List<JsonNode> json(final Result result) throws IOException {
        final List<JsonNode> lines = new ArrayList<>();
        for (final String line : result.outLines()) {
            lines.add(Output.JSON.readTree(line));
        }
        return lines;
    }

    private static byte[] bytes(final JsonNode line, final String name) {
        if (line.has(name + "Base64")) {
            return Base64.getDecoder().decode(line.path(name + "Base64").asText());
        }
        final JsonNode text = line.path(name);
        return text.isNull() ? null : text.asText().getBytes(StandardCharsets.UTF_8);
    }
}
