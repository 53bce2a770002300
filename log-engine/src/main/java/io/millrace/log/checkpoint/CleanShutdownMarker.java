package io.millrace.log.checkpoint;

import io.millrace.mapped.FileFaults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code .kafka_cleanshutdown}: present while a data directory is closed in order and everything in it is on the disk.
 *
 * <pre>
 *  {"version":0,"brokerEpoch":42}
 * </pre>
 *
 * <p>Written last at a stop, removed first at a start, each with a force of the directory: a crash between the two can only lose it,
 * and then logs are scanned that would not have needed it. The epoch is that of the broker's registration (KIP-966), -1 where there is
 * no broker. Any content counts as present; text that is no such object has no epoch.
 */
public final class CleanShutdownMarker {
    /** Name of the file. */
    public static final String FILE_NAME = ".kafka_cleanshutdown";
    /** No broker wrote it. */
    public static final long NO_BROKER_EPOCH = -1L;

    private static final Pattern BROKER_EPOCH = Pattern.compile("\"brokerEpoch\"\\s*:\\s*(\\d{1,18})\\b");

    private CleanShutdownMarker() {}

    public static boolean isPresent(Path dataDirectory) {
        return Files.exists(dataDirectory.resolve(FILE_NAME));
    }

    /** The epoch of the broker that stopped, empty where the marker is missing or has none. */
    public static OptionalLong brokerEpoch(Path dataDirectory) {
        String text = TextFile.read(dataDirectory.resolve(FILE_NAME));
        Matcher matcher = BROKER_EPOCH.matcher(text == null ? "" : text);
        return matcher.find() ? OptionalLong.of(Long.parseLong(matcher.group(1))) : OptionalLong.empty();
    }

    public static void write(Path dataDirectory, long brokerEpoch, FileFaults faults) {
        String text = "{\"version\":0,\"brokerEpoch\":" + brokerEpoch + "}";
        TextFile.replace(dataDirectory.resolve(FILE_NAME), text, faults);
    }

    public static void remove(Path dataDirectory, FileFaults faults) {
        TextFile.delete(dataDirectory.resolve(FILE_NAME), faults);
    }
}
