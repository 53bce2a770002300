package io.millrace.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LauncherTest {
    private static final Path ARCHIVE = Path.of("/opt/millrace/millrace-17.jsa");

    @TempDir
    private Path directory;

    @Test
    void putsTheArchiveBeforeAllFlags() {
        String[] command =
                Launcher.command(List.of("java", "-Xmx1g", "-jar", "m.jar", "start", "--set", "a=b"), ARCHIVE);
        assertNotNull(command);
        assertEquals("java", command[0]);
        List<String> rest = Arrays.asList(command).subList(1, command.length);
        int flags = ClassDataArchive.flags(ARCHIVE).size();
        assertEquals(ClassDataArchive.flags(ARCHIVE), rest.subList(0, flags));
        assertEquals(List.of("-Xmx1g", "-jar", "m.jar", "start", "--set", "a=b"), rest.subList(flags, rest.size()));
    }

    /** What opens a port, writes a file, or has its own mind about class data must not come twice. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-agentlib:jdwp=transport=dt_socket,server=y,address=5005",
                "-javaagent:metrics.jar",
                "-Xshare:off",
                "-XX:SharedArchiveFile=other.jsa",
                "-XX:StartFlightRecording",
                "-Dmillrace.class.data=/opt/millrace/millrace-17.jsa"
            })
    void leavesTheProcessAsItIs(String flag) {
        assertNull(Launcher.command(List.of("java", flag, "-jar", "m.jar"), ARCHIVE));
    }

    @Test
    void anArgumentOfTheProgramIsNotAFlagOfTheJvm() {
        assertNotNull(Launcher.command(List.of("java", "-jar", "m.jar", "start", "-Xshare:off"), ARCHIVE));
    }

    @Test
    void leavesAProcessThatWasNotStartedFromAJar() {
        assertNull(Launcher.command(List.of("java", "-cp", "classes", "Launcher"), ARCHIVE));
    }

    @Test
    void onlyANodeIsWorthIt() {
        assertTrue(Launcher.startsNode(new String[] {}));
        assertTrue(Launcher.startsNode(new String[] {"--set", "a=b"}));
        assertTrue(Launcher.startsNode(new String[] {"start"}));
        assertFalse(Launcher.startsNode(new String[] {"topics", "--list"}));
    }

    @Test
    @EnabledForJreRange(max = JRE.JAVA_23)
    void anArchiveOlderThanItsJarIsLeft() throws IOException {
        Path jar = Files.createFile(directory.resolve("millrace.jar"));
        assertNull(ClassDataArchive.usable(jar));
        Path archive = Files.createFile(ClassDataArchive.of(jar));
        Files.setLastModifiedTime(jar, FileTime.fromMillis(1_000));
        Files.setLastModifiedTime(archive, FileTime.fromMillis(999));
        assertNull(ClassDataArchive.usable(jar));
        Files.setLastModifiedTime(archive, FileTime.fromMillis(1_000));
        assertEquals(archive, ClassDataArchive.usable(jar));
    }
}
