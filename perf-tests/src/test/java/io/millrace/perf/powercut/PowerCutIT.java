package io.millrace.perf.powercut;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** A few cuts of each kind on ext4, where mounting is allowed; docs/testing.md has the campaign. */
final class PowerCutIT {
    @TempDir
    private Path temp;

    private static void assumeMountable() {
        String problem = LoopMount.problem("ext4");
        assumeTrue(problem == null, "skipped: " + problem);
    }

    @ParameterizedTest
    @CsvSource({"sync,exact", "sync,random", "interval,exact", "page-cache,random"})
    void nothingThatWasPromisedIsLost(String mode, String pages) throws Exception {
        assumeMountable();
        Path json = temp.resolve("result.json");
        StringWriter out = new StringWriter();
        int code = new CommandLine(new PowerCut())
                .setOut(new PrintWriter(out, true))
                .execute("--cuts=3", "--fs=ext4", "--mode=" + mode, "--pages=" + pages, "--json=" + json);
        assertEquals(0, code, out::toString);
        assertTrue(Files.readString(json).contains("\"cuts\": 3"), out::toString);
    }

    @Test
    void aNodeStartsAfterACutDuringItsFirstStart() {
        assumeMountable();
        Path jar = Path.of(System.getProperty("basedir", "."), "..", "broker-shell", "target", "millrace.jar");
        StringWriter out = new StringWriter();
        int code = new CommandLine(new PowerCut())
                .setOut(new PrintWriter(out, true))
                .execute("--first-starts=1", "--millrace-jar=" + System.getProperty("millrace.jar", jar.toString()));
        assertEquals(0, code, out::toString);
    }
}
