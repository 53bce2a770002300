package io.millrace.log.checkpoint;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code partition.metadata}: which topic the directory belongs to, since a name may be used again.
 *
 * <pre>
 *  version: 0
 *  topic_id: 6JqcHhhdQ0ScpXTVUSBYPQ
 * </pre>
 *
 * <p>The id is sixteen bytes in base64 for URLs without padding, as Kafka prints them. There is no line end after it.
 *
 * @param topicIdMsb high half of the topic's id
 * @param topicIdLsb low half of the topic's id
 */
public record PartitionMetadata(long topicIdMsb, long topicIdLsb) {
    /** Name of the file. */
    public static final String FILE_NAME = "partition.metadata";

    private static final String VERSION_KEY = "version: ";
    private static final String TOPIC_ID_KEY = "topic_id: ";
    private static final int ID_SIZE = 2 * Long.BYTES;

    /** What the directory says, null where it has no such file. */
    public static @Nullable PartitionMetadata read(Path partitionDirectory) {
        Path path = partitionDirectory.resolve(FILE_NAME);
        String text = TextFile.read(path);
        if (text == null) {
            return null;
        }
        List<String> lines = text.lines().toList();
        if (lines.size() < 2
                || !lines.get(0).startsWith(VERSION_KEY)
                || !lines.get(1).startsWith(TOPIC_ID_KEY)) {
            throw StorageException.damaged(path, 0, "malformed partition metadata");
        }
        CheckpointFile.number(path, lines.get(0).substring(VERSION_KEY.length()).trim());
        return decode(path, lines.get(1).substring(TOPIC_ID_KEY.length()).trim());
    }

    private static PartitionMetadata decode(Path path, String id) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(id));
            if (bytes.limit() == ID_SIZE && (bytes.getLong(0) != 0 || bytes.getLong(Long.BYTES) != 0)) {
                return new PartitionMetadata(bytes.getLong(0), bytes.getLong(Long.BYTES));
            }
        } catch (IllegalArgumentException e) {
            throw new StorageException(StorageException.Kind.DAMAGED, "malformed topic id " + id, path, 0, e);
        }
        throw StorageException.damaged(path, 0, "not a topic id: " + id);
    }

    /** Replaces the file. */
    public void write(Path partitionDirectory, FileFaults faults) {
        TextFile.replace(partitionDirectory.resolve(FILE_NAME), text(), faults);
    }

    /**
     * The first half of {@link #write}, for many partitions that are forced together.
     *
     * @return what is to be forced before {@link #adoptStaged}, beside the directory itself
     */
    public Path stage(Path partitionDirectory, FileFaults faults) {
        return TextFile.stage(partitionDirectory.resolve(FILE_NAME), text(), faults);
    }

    /** The second half. The directory is to be forced after it. */
    public static void adoptStaged(Path partitionDirectory, FileFaults faults) {
        TextFile.adoptStaged(partitionDirectory.resolve(FILE_NAME), faults);
    }

    private String text() {
        return VERSION_KEY + 0 + "\n" + TOPIC_ID_KEY + topicId();
    }

    /** The id as Kafka prints it. */
    public String topicId() {
        ByteBuffer bytes = ByteBuffer.allocate(ID_SIZE).putLong(topicIdMsb).putLong(topicIdLsb);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
    }
}
