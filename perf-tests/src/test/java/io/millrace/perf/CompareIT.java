package io.millrace.perf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The comparison runs through, on both servers, with a load so small that its figures mean nothing. */
final class CompareIT {
    @TempDir
    private Path temp;

    @Test
    void oneShortRoundOfBothServersFillsTheReport() throws Exception {
        Path jar = Path.of(System.getProperty("basedir", "."), "..", "broker-shell", "target", "millrace.jar");
        Path json = temp.resolve("compare.json");
        StringWriter out = new StringWriter();
        int code = new CommandLine(new Compare())
                .setOut(new PrintWriter(out, true))
                .execute(
                        "--rounds=1",
                        "--records=20000",
                        "--round-trips=50",
                        "--rate=1000",
                        "--seconds=2",
                        "--idle=0",
                        "--millrace-jar=" + System.getProperty("millrace.jar", jar.toString()),
                        "--json=" + json);
        assertEquals(0, code, out::toString);
        assertTrue(Arrays.stream(Figure.values()).allMatch(f -> out.toString().contains(f.words())), out::toString);
        assertTrue(Files.readString(json).contains("\"MILLRACE\""));
    }
}
