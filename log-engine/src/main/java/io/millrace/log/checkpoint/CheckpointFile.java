package io.millrace.log.checkpoint;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.List;

/**
 * Kafka's checkpoint format, text in UTF-8.
 *
 * <pre>
 *  0          version
 *  2          count of the lines that follow
 *  orders 0 42
 *  orders 1 17
 * </pre>
 *
 * <p>An empty file has no entries: Kafka makes it before it writes it. There is no checksum; the count tells a file that lost its end.
 */
public final class CheckpointFile {
    private static final int CURRENT_VERSION = 0;

    private CheckpointFile() {}

    /** Replaces the file. One entry a line, no line ends inside. */
    public static void write(Path path, List<String> lines, FileFaults faults) {
        StringBuilder text = new StringBuilder();
        text.append(CURRENT_VERSION).append('\n').append(lines.size()).append('\n');
        lines.forEach(line -> text.append(line).append('\n'));
        TextFile.replace(path, text.toString(), faults);
    }

    /**
     * The entries, none where the file does not exist.
     *
     * @throws StorageException DAMAGED where version or count are not right
     */
    public static List<String> read(Path path) {
        String text = TextFile.read(path);
        if (text == null || text.isEmpty()) {
            return List.of();
        }
        List<String> lines = text.lines().toList();
        if (number(path, lines.get(0)) != CURRENT_VERSION) {
            throw damaged(path, "unknown version of the checkpoint: " + lines.get(0));
        }
        if (lines.size() == 1) {
            return List.of();
        }
        long count = number(path, lines.get(1));
        if (count != lines.size() - 2 || !text.endsWith("\n")) {
            throw damaged(path, "checkpoint has " + (lines.size() - 2) + " whole entries of " + count);
        }
        return lines.subList(2, lines.size());
    }

    /** The fields of an entry, exactly {@code count} of them. */
    public static String[] fields(Path path, String line, int count) {
        String[] fields = line.split("\\s+", -1);
        if (fields.length != count) {
            throw damaged(path, "malformed line of the checkpoint: " + line);
        }
        return fields;
    }

    /** A number of an entry, not negative. */
    public static long number(Path path, String field) {
        try {
            long number = Long.parseLong(field);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new StorageException(
                    StorageException.Kind.DAMAGED, "malformed number in the checkpoint: " + field, path, -1, e);
        }
        throw damaged(path, "negative number in the checkpoint: " + field);
    }

    private static StorageException damaged(Path path, String what) {
        return StorageException.damaged(path, -1, what);
    }
}
