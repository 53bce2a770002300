package io.millrace.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/library.md and the Javadoc of the library show is compiled and run as it stands there. */
class LibraryDocTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern PROGRAM = Pattern.compile("```java program\n(.*?)```", Pattern.DOTALL);
    private static final Pattern FRAGMENT = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern JAVADOC = Pattern.compile("<pre>\\{@code\n(.*?)\n \\* }</pre>", Pattern.DOTALL);

    @TempDir
    private Path temp;

    @Test
    void theFirstProgramPrintsWhatThePageSays() throws Exception {
        Matcher program = PROGRAM.matcher(Files.readString(ROOT.resolve("docs/library.md")));
        assertTrue(program.find());
        compile("FirstLog", program.group(1));
        assertEquals(List.of("0 hello 0", "1 hello 1", "2 hello 2"), run("FirstLog"));
        assertEquals(6, run("FirstLog").size());
    }

    @Test
    void everyFragmentRuns() throws Exception {
        List<String> fragments = new ArrayList<>();
        Matcher onPage = FRAGMENT.matcher(Files.readString(ROOT.resolve("docs/library.md")));
        while (onPage.find()) {
            fragments.add(onPage.group(1));
        }
        int fromPage = fragments.size();
        assertTrue(fromPage >= 8, "fragments on the page: " + fromPage);
        fragments.addAll(javadocFragments());
        assertTrue(fragments.size() >= fromPage + 5, "fragments in the Javadoc: " + (fragments.size() - fromPage));
        compile("Fragments", program(fragments));
        List<String> said = run("Fragments");
        assertEquals("ran " + fragments.size(), said.get(said.size() - 1), said::toString);
    }

    private static List<String> javadocFragments() throws IOException {
        List<String> fragments = new ArrayList<>();
        Path sources = ROOT.resolve("log-engine/src/main/java/io/millrace/library");
        try (Stream<Path> files = Files.list(sources)) {
            for (Path file : files.sorted().toList()) {
                Matcher matcher = JAVADOC.matcher(Files.readString(file));
                while (matcher.find()) {
                    fragments.add(matcher.group(1).replaceAll("(?m)^ \\* ?", ""));
                }
            }
        }
        return fragments;
    }

    /** Each fragment is a method of its own, on a log of its own that has a few records; waits are made short. */
    private static String program(List<String> fragments) {
        StringBuilder source = new StringBuilder("""
                import static java.nio.charset.StandardCharsets.UTF_8;
                import io.millrace.library.*;
                import io.millrace.log.LogListener;
                import java.nio.ByteBuffer;
                import java.nio.file.Path;
                import java.time.Duration;
                import org.agrona.concurrent.*;

                public class Fragments {
                    static long handled;

                    static void handle(long offset, byte[] value) {
                        handled++;
                    }

                    interface Fragment {
                        void run() throws Exception;
                    }

                    static Path directory;
                    static LogStore store;
                    static Log log;
                    static byte[] key = "k".getBytes(UTF_8);
                    static byte[] type = "t".getBytes(UTF_8);
                    static byte[] value = "v".getBytes(UTF_8);
                    static byte[] first = "1".getBytes(UTF_8);
                    static byte[] second = "2".getBytes(UTF_8);
                    static long timeMs = 1_700_000_000_000L;
                    static long id = 1;
                    static long price = 2;

                    static void on(Path fresh, Fragment fragment) throws Exception {
                        directory = fresh;
                        try (LogStore opened = LogStore.open(fresh)) {
                            store = opened;
                            log = store.log("orders");
                            try (Appender appender = log.appender()) {
                                for (int i = 0; i < 5; i++) {
                                    appender.append(("order " + i).getBytes(UTF_8));
                                }
                            }
                            fragment.run();
                        }
                    }

                    public static void main(String[] args) throws Exception {
                        Path root = Path.of(args[0]);
                """);
        for (int i = 0; i < fragments.size(); i++) {
            source.append("        on(root.resolve(\"f%d\"), Fragments::f%d);%n".formatted(i, i));
        }
        source.append("        System.out.println(\"ran %d\");%n    }%n".formatted(fragments.size()));
        for (int i = 0; i < fragments.size(); i++) {
            source.append(method(i, fragments.get(i)));
        }
        return source.append("}\n").toString();
    }

    private static String method(int index, String fragment) {
        String body = fragment.replace("Path.of(\"data\")", "directory.resolve(\"data\")")
                .replaceAll("Duration\\.ofSeconds\\(\\d+\\)", "Duration.ofMillis(100)");
        boolean needsAppender = body.contains("appender.") && !body.contains("Appender appender");
        return "    static void f" + index + "() throws Exception {\n"
                + (needsAppender ? "try (Appender appender = log.appender()) {\n" + body + "}\n" : body)
                + "\n    }\n";
    }

    private void compile(String name, String source) throws IOException {
        Path file = temp.resolve(name + ".java");
        Files.writeString(file, source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        boolean compiled = compiler.getTask(
                        messages,
                        null,
                        null,
                        List.of("-d", temp.toString(), "-cp", classPath(), "-proc:none"),
                        null,
                        compiler.getStandardFileManager(null, null, null).getJavaFileObjects(file))
                .call();
        assertTrue(compiled, () -> messages + "\n" + source);
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    private List<String> run(String name) throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        temp + System.getProperty("path.separator") + classPath(),
                        name,
                        temp.resolve("data-" + name).toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(child.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, child.exitValue(), said);
        return said.lines().toList();
    }
}
