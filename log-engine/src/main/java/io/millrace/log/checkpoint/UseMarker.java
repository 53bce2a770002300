package io.millrace.log.checkpoint;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageFile;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * {@code millrace.state} of a data directory, a file of this engine: whether another program, such as Apache Kafka, has had the directory
 * since this engine closed it. That program keeps Kafka's files right and knows nothing of ours.
 *
 * <pre>
 *  version: 0
 *  state: open
 * </pre>
 *
 * <p>The state is {@code open} from the start to the stop, and {@code closed <broker epoch>} afterwards, written before the marker of the
 * clean stop. Read at a start together with that marker:
 *
 * <table>
 *   <caption>who was last</caption>
 *   <tr><th>state</th><th>marker</th><th>who</th></tr>
 *   <tr><td>open</td><td>missing</td><td>this engine, and it was killed</td></tr>
 *   <tr><td>closed 42</td><td>with epoch 42</td><td>this engine</td></tr>
 *   <tr><td>anything else</td><td></td><td>somebody else, or a stop that was cut short, which is taken for it</td></tr>
 * </table>
 *
 * <p>That somebody else was killed after this engine was killed is not seen. What is wrong then is found as damage of a log.
 */
public final class UseMarker {
    /** Name of the file. */
    public static final String FILE_NAME = "millrace.state";

    private static final String HEAD = "version: 0\nstate: ";
    private static final String OPEN = HEAD + "open\n";

    private UseMarker() {}

    /** Whether somebody else has had the directory last. False for one that this engine has never had: it remembers nothing of it. */
    public static boolean usedByOthers(Path dataDirectory) {
        @Nullable String state = TextFile.read(dataDirectory.resolve(FILE_NAME));
        if (state == null) {
            return false;
        }
        boolean clean = CleanShutdownMarker.isPresent(dataDirectory);
        OptionalLong epoch = CleanShutdownMarker.brokerEpoch(dataDirectory);
        return clean ? !state.equals(closed(epoch.orElse(CleanShutdownMarker.NO_BROKER_EPOCH))) : !state.equals(OPEN);
    }

    private static String closed(long brokerEpoch) {
        return HEAD + "closed " + brokerEpoch + "\n";
    }

    /**
     * This engine has the directory from here on. The directory is forced either way: a partition that was being made when the process was
     * killed is found by its name, which may not be on the disk.
     */
    public static void open(Path dataDirectory, FileFaults faults) {
        if (OPEN.equals(TextFile.read(dataDirectory.resolve(FILE_NAME)))) {
            StorageFile.forceDirectory(dataDirectory, faults);
        } else {
            TextFile.replace(dataDirectory.resolve(FILE_NAME), OPEN, faults);
        }
    }

    /** It leaves the directory; before the marker of the clean stop. */
    public static void close(Path dataDirectory, long brokerEpoch, FileFaults faults) {
        TextFile.replace(dataDirectory.resolve(FILE_NAME), closed(brokerEpoch), faults);
    }
}
