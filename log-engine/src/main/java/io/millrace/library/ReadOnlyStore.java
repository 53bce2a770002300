package io.millrace.library;

import io.millrace.log.checkpoint.PartitionName;
import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A directory of logs that another process may be writing: a {@link LogStore}, or a broker. It takes no lock, writes nothing and has no
 * threads; it reads the mapped files.
 *
 * <pre>{@code
 * try (ReadOnlyStore store = LogStore.openReadOnly(Path.of("data"));
 *         Tailer tailer = store.log("orders").tailer().fromLatest().build()) {
 *     while (tailer.awaitNext(Duration.ofSeconds(10))) {
 *         System.out.println(tailer.record().valueText());
 *     }
 * }
 * }</pre>
 *
 * <p>Any thread.
 */
public final class ReadOnlyStore implements AutoCloseable {
    private final Path directory;

    ReadOnlyStore(Path directory) {
        this.directory = directory;
    }

    /** The directory. */
    public Path directory() {
        return directory;
    }

    /** The log of that name, also where it does not exist yet. */
    public ReadOnlyLog log(String name) {
        return log(name, 0);
    }

    /** A partition of a broker's topic. */
    public ReadOnlyLog log(String name, int partition) {
        return new ReadOnlyLog(directory, new PartitionName(name, partition).topic(), partition);
    }

    /** All logs that are there now, by name and partition. */
    public List<ReadOnlyLog> logs() {
        List<PartitionName> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                PartitionName name = PartitionName.parse(String.valueOf(entry.getFileName()));
                if (name != null && Files.isDirectory(entry)) {
                    found.add(name);
                }
            }
        } catch (IOException e) {
            throw StorageException.of("list", directory, -1, e);
        }
        Collections.sort(found);
        return found.stream()
                .map(name -> new ReadOnlyLog(directory, name.topic(), name.partition()))
                .toList();
    }

    /** Nothing is held: the tailers are closed by those who opened them. */
    @Override
    public void close() {
        // For try-with-resources, and for what may be held one day.
    }

    @Override
    public String toString() {
        return "ReadOnlyStore[" + directory + "]";
    }
}
