package io.millrace.log;

import io.millrace.log.checkpoint.PartitionMetadata;
import java.nio.file.Path;

/** A partition's directory belongs to another topic of the same name, which was deleted and has been made again. */
public final class TopicIdMismatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TopicIdMismatchException(Path directory, PartitionMetadata found, PartitionMetadata wanted) {
        super(directory + " belongs to topic id " + found.topicId() + ", not " + wanted.topicId());
    }
}
