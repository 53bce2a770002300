package io.millrace.log.producer;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The {@code <offset>.snapshot} files of one log: which there are, and their bytes. Owned by {@link ProducerStates}.
 *
 * <p>A file is written in place, as Kafka does: a half written one fails its checksum, and the one before it is still there.
 */
final class ProducerSnapshotFiles {
    private static final String SUFFIX = ".snapshot";
    private static final int OFFSET_DIGITS = 20;

    private final Path directory;
    private final FileFaults faults;
    private final NavigableSet<Long> offsets;

    private ProducerSnapshotFiles(Path directory, FileFaults faults, NavigableSet<Long> offsets) {
        this.directory = directory;
        this.faults = faults;
        this.offsets = offsets;
    }

    /** The snapshots among the names of the files in a directory. */
    static ProducerSnapshotFiles of(Path directory, Iterable<String> names, FileFaults faults) {
        NavigableSet<Long> offsets = new TreeSet<>();
        for (String name : names) {
            if (name.endsWith(SUFFIX) && isOffset(name, name.length() - SUFFIX.length())) {
                offsets.add(Long.parseLong(name, 0, OFFSET_DIGITS, 10));
            }
        }
        return new ProducerSnapshotFiles(directory, faults, offsets);
    }

    static List<String> names(Path directory) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        } catch (IOException e) {
            throw StorageException.of("list producer snapshots", directory, -1, e);
        }
        return names;
    }

    private static boolean isOffset(String name, int end) {
        boolean digits = end == OFFSET_DIGITS;
        for (int i = 0; digits && i < end; i++) {
            digits = Character.isDigit(name.charAt(i));
        }
        return digits;
    }

    Path path(long offset) {
        String digits = Long.toString(offset);
        return directory.resolve("0".repeat(OFFSET_DIGITS - digits.length()) + digits + SUFFIX);
    }

    NavigableSet<Long> offsets() {
        return offsets;
    }

    /** The entries, or null where the file is damaged. */
    @Nullable
    List<ProducerEntry> read(long offset) {
        try (StorageFile file = StorageFile.open(path(offset), StorageFile.Mode.READ, faults)) {
            ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(file.size()));
            file.readFully(buffer, 0);
            return ProducerSnapshotDescriptor.decode(buffer.flip());
        }
    }

    void write(long offset, Collection<ProducerEntry> producers, boolean sync) {
        ByteBuffer bytes = ProducerSnapshotDescriptor.encode(producers);
        try (StorageFile file = StorageFile.open(path(offset), StorageFile.Mode.CREATE, faults)) {
            file.truncate(0);
            file.writeFully(bytes, 0);
            if (sync) {
                file.force(true);
            }
        }
        offsets.add(offset);
    }

    /** Forgets a snapshot, whose file the caller removes; null where there is none. */
    @Nullable
    Path release(long offset) {
        return offsets.remove(offset) ? path(offset) : null;
    }

    void delete(long offset) {
        if (offsets.remove(offset)) {
            StorageFile.deleteIfExists(path(offset), faults);
        }
    }
}
