package io.millrace.broker.cli;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The class-data archive of a jar: its classes as the JVM keeps them in memory, to be mapped instead of read, parsed and verified.
 *
 * <p>It stands beside the jar as {@code <name of the jar>-<version of the JVM>.jsa}, because only the JVM that wrote one can read it. It is
 * used where it is not older than the jar; beyond that the JVM compares size and time of the jar with what the archive remembers, and
 * silently goes without on a difference.
 *
 * <p>Part of {@link Launcher}'s way: loads next to nothing.
 */
final class ClassDataArchive {
    /** From this release on the native call that starts the JVM over prints warnings; there is an archive up to the one before. */
    private static final int FEATURE_END = 24;

    private ClassDataArchive() {}

    /** The jar this process runs from, null where it runs from folders. */
    static @Nullable Path runningJar() {
        String classPath = System.getProperty("java.class.path", "");
        return classPath.endsWith(".jar") && classPath.indexOf(':') < 0 ? Path.of(classPath) : null;
    }

    /** Where the archive of that jar for this JVM is, whether it exists or not. */
    static Path of(Path jar) {
        String name = String.valueOf(jar.getFileName());
        String base = name.substring(0, name.length() - ".jar".length());
        String file = base.concat("-")
                .concat(System.getProperty("java.vm.version", "unknown"))
                .concat(".jsa");
        return jar.toAbsolutePath().resolveSibling(file);
    }

    /** The archive of that jar for this JVM, null where there is none that can be used. */
    static @Nullable Path usable(Path jar) throws IOException {
        Path archive = of(jar);
        boolean current = isSupported()
                && Files.isReadable(archive)
                && Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(jar)) >= 0;
        return current ? archive : null;
    }

    /** Whether this JVM can be started over with an archive. */
    static boolean isSupported() {
        return Runtime.version().feature() < FEATURE_END
                && System.getProperty("os.name", "").startsWith("Linux");
    }

    /** What a JVM is told to map it; an archive that does not fit is left aside without a word. */
    static List<String> flags(Path archive) {
        return List.of(
                "-Xshare:auto",
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off",
                "-Xlog:class+path=off",
                "-XX:SharedArchiveFile=".concat(archive.toString()),
                "-D".concat(Launcher.ARCHIVE_PROPERTY).concat("=").concat(archive.toString()));
    }

    /** How the system encodes file names and arguments. */
    static Charset nativeCharset() {
        return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    }
}
