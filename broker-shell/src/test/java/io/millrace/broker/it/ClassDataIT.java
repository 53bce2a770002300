package io.millrace.broker.it;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.broker.it.support.BrokerProcess;
import io.millrace.broker.it.support.BrokerUnderTest;
import io.millrace.broker.it.support.MillraceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node maps the class-data archive that the build left beside the jar, and starts as well without it or beside a broken one. */
final class ClassDataIT {
    @TempDir
    private Path work;

    @BeforeEach
    void isSupported() {
        assumeFalse(BrokerUnderTest.isKafka(), "Apache Kafka has no launcher of that kind");
        assumeTrue(Runtime.version().feature() < 24, "the archive is used up to JDK 23");
        assumeTrue(Files.isDirectory(Path.of("/proc/self")), "the archive is used on Linux");
    }

    @Test
    void mapsTheArchiveOfTheBuild() throws IOException {
        Path archive = archiveOf(MillraceProcess.jar());
        assertTrue(Files.isRegularFile(archive), archive + " was not made by the build");
        assertTrue(mapsOf(MillraceProcess.jar()).contains(archive.toString()));
    }

    @Test
    void startsWithoutAnArchive() throws IOException {
        Path jar = Files.copy(MillraceProcess.jar(), work.resolve("copy.jar"));
        assertFalse(mapsOf(jar).contains(archiveOf(jar).toString()));
    }

    @Test
    void leavesABrokenArchiveWithoutAWord() throws IOException {
        Path jar = Files.copy(MillraceProcess.jar(), work.resolve("copy.jar"));
        Files.writeString(archiveOf(jar), "not an archive");
        mapsOf(jar);
    }

    /** What a node that was started from that jar has mapped; it served a client, and said nothing but its report. */
    private String mapsOf(Path jar) throws IOException {
        int port = BrokerProcess.freePort();
        try (BrokerProcess node = new MillraceProcess(work, work.resolve("data"), port, Map.of(), jar)) {
            node.start();
            List<String> output = node.child().output().lines().toList();
            assertTrue(output.get(0).startsWith("millrace "), () -> String.join("\n", output));
            assertTrue(output.stream().noneMatch(line -> line.contains("[cds")), () -> String.join("\n", output));
            return Files.readString(Path.of("/proc/" + node.child().pid() + "/maps"));
        }
    }

    private static Path archiveOf(Path jar) {
        String name = jar.getFileName().toString().replace(".jar", "");
        return jar.resolveSibling(name + "-" + System.getProperty("java.vm.version") + ".jsa");
    }
}
