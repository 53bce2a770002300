package io.millrace.log.checkpoint;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

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
    private static final Pattern BLANKS = Pattern.compile("\\s+");

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
        String[] fields = bySingleBlanks(line, count);
        String[] found = fields == null ? BLANKS.split(line, -1) : fields;
        if (found.length != count) {
            throw damaged(path, "malformed line of the checkpoint: " + line);
        }
        return found;
    }

    /** The lines that this engine and Kafka write; null for one that wants a closer look. Ten thousand logs have three each. */
    private static String @Nullable [] bySingleBlanks(String line, int count) {
        String[] fields = new String[count];
        int from = 0;
        for (int i = 0; i < count; i++) {
            int blank = line.indexOf(' ', from);
            int end = blank < 0 ? line.length() : blank;
            if (end == from || (blank < 0) != (i == count - 1)) {
                return null;
            }
            fields[i] = line.substring(from, end);
            from = end + 1;
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
