package io.millrace.mapped;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.index.OffsetIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the module in a JVM of its own, started as any program would start it: no flag, and not a line on the console. */
@Timeout(120)
class PlainJvmTest {
    private static final String WELL = "well" + System.lineSeparator();
    /** Where the native part of JDK 17 to 23 loads as well: elsewhere it may be missing in silence. */
    private static final boolean HAS_CALLS = System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64");

    private static final boolean ASKS_FOR_ACCESS = Runtime.version().feature() >= 24;

    @TempDir
    Path directory;

    @Test
    void worksAndPrintsNothingWithoutFlags() throws Exception {
        assertEquals(WELL, outputOf(List.of(), HAS_CALLS && !ASKS_FOR_ACCESS));
    }

    @Test
    void worksAndPrintsNothingWithNativeAccess() throws Exception {
        boolean known = Runtime.version().feature() >= 22;
        assertEquals(WELL, outputOf(known ? List.of("--enable-native-access=ALL-UNNAMED") : List.of(), HAS_CALLS));
    }

    /** {@code callsExpected}: the system calls that the JDK does not offer have to be there. */
    private String outputOf(List<String> flags, boolean callsExpected) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of("-ea", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(Program.class.getName(), directory.toString(), String.valueOf(callsExpected)));
        Path output = directory.resolve("output");
        Process child = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!child.waitFor(100, TimeUnit.SECONDS)) {
            child.destroyForcibly();
        }
        String printed = Files.readString(output);
        assertEquals(0, child.waitFor(), printed);
        return printed;
    }

    /** The child: everything that the module does, once. Arguments: a directory, and whether the system calls have to be there. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) throws InterruptedException {
            Path directory = Path.of(arguments[0]);
            storeAndLoad(directory.resolve("early"));
            Posix posix = Posix.awaitInstance();
            boolean callsExpected = Boolean.parseBoolean(arguments[1]);
            check(!callsExpected || posix != null);
            storeAndLoad(directory.resolve("region"));
            forceFileSystem(directory, callsExpected);
            check(posix == null || posix.syncfs(-1) != 0);
            appendAndFind(directory.resolve("index"));
            System.out.println("well");
        }

        private static void storeAndLoad(Path path) {
            try (StorageFile file = StorageFile.open(path, StorageFile.Mode.CREATE, FileFaults.NONE)) {
                file.reserve(0, 1 << 20);
                MappedRegion region = MappedRegion.map(file, 0, 1 << 20, true);
                region.adviseRandom();
                region.populateWrite(100, 300_000);
                region.putBytes(5000, ByteBuffer.allocateDirect(64).putLong(8, 42), 0, 64);
                region.force(0, 8192);
                check(region.getLong(5008) == 42);
                check(region.readOnlyView(5000, 64).getLong(8) == 42);
                region.close();
            }
        }

        /** Not on a kernel on which it is not to be trusted. */
        private static void forceFileSystem(Path directory, boolean callsExpected) {
            boolean trusted =
                    FileSystemSync.tellsFailures(System.getProperty("os.name"), System.getProperty("os.version"));
            try (FileSystemSync sync = FileSystemSync.begin(directory)) {
                check(sync != null || !callsExpected || !trusted);
                if (sync != null) {
                    sync.force(List.of(directory), FileFaults.NONE);
                }
            }
        }

        private static void appendAndFind(Path path) {
            try (OffsetIndex index = OffsetIndex.open(path, 0, 10 << 20, true, FileFaults.NONE)) {
                for (int i = 1; i <= 10_000; i++) {
                    index.append(i, i);
                    index.prepareAhead();
                }
                check(index.floorPosition(5000) == 5000);
                index.force();
            }
        }

        private static void check(boolean holds) {
            if (!holds) {
                throw new AssertionError();
            }
        }
    }
}
