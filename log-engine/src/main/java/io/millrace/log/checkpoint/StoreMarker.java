package io.millrace.log.checkpoint;

import io.millrace.mapped.FileFaults;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * {@code millrace.store}: the logs of this data directory were made by a program that has the engine as a library, and no cluster knows
 * them yet. A broker that formats the directory makes them its topics, and removes the marker with that.
 *
 * <pre>
 *  version: 0
 * </pre>
 */
public final class StoreMarker {
    /** Name of the file. */
    public static final String FILE_NAME = "millrace.store";

    private StoreMarker() {}

    public static boolean isPresent(Path dataDirectory) {
        return Files.exists(dataDirectory.resolve(FILE_NAME));
    }

    public static void write(Path dataDirectory, FileFaults faults) {
        TextFile.replace(dataDirectory.resolve(FILE_NAME), "version: 0\n", faults);
    }

    public static void remove(Path dataDirectory, FileFaults faults) {
        TextFile.delete(dataDirectory.resolve(FILE_NAME), faults);
    }
}
