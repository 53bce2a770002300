package io.millrace.library;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The file in which a named tailer keeps its position: {@code <name>.tailer} in the log's directory, see {@link SavedPositionDescriptor}.
 * Kafka leaves files of that name alone.
 *
 * <p>Two slots are written in turn, so that a write that was cut short leaves the position before it. Owned by its tailer.
 */
final class SavedPosition implements AutoCloseable {
    /** No position was saved. */
    static final long NONE = -1;

    private static final String SUFFIX = ".tailer";
    private static final Pattern LEGAL = Pattern.compile("[a-zA-Z0-9._-]{1,100}");

    private final Path directory;
    private final Path path;
    private final String name;
    private final boolean forced;
    private final Set<String> namesInUse;
    private final ByteBuffer slot = ByteBuffer.allocateDirect(SavedPositionDescriptor.SIZE);
    private @Nullable StorageFile file;
    private long sequence;
    private long written = NONE;

    SavedPosition(Path directory, String name, boolean forced, Set<String> namesInUse) {
        this.directory = directory;
        this.path = directory.resolve(name + SUFFIX);
        this.name = name;
        this.forced = forced;
        this.namesInUse = namesInUse;
    }

    static void requireLegal(String name) {
        if (!LEGAL.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a tailer's name has letters, digits, dot, underscore and hyphen, at most 100: " + name);
        }
    }

    String name() {
        return name;
    }

    /** The position saved last, {@link #NONE} where there is none that is whole. */
    long read() {
        if (file == null && !Files.exists(path)) {
            return NONE;
        }
        StorageFile open = open();
        long found = NONE;
        for (int i = 0; i < SavedPositionDescriptor.SLOTS; i++) {
            slot.clear();
            int count = open.readFully(slot, SavedPositionDescriptor.position(i));
            slot.clear();
            if (count == SavedPositionDescriptor.SIZE
                    && SavedPositionDescriptor.isValid(slot)
                    && SavedPositionDescriptor.sequence(slot) > sequence) {
                sequence = SavedPositionDescriptor.sequence(slot);
                found = SavedPositionDescriptor.offset(slot);
            }
        }
        written = found;
        return found;
    }

    void write(long offset) {
        if (offset == written) {
            return;
        }
        boolean made = file == null && !Files.exists(path);
        StorageFile open = open();
        SavedPositionDescriptor.write(slot.clear(), sequence + 1, offset);
        open.writeFully(
                slot.clear(), SavedPositionDescriptor.position((int) ((sequence + 1) % SavedPositionDescriptor.SLOTS)));
        sequence++;
        written = offset;
        if (forced) {
            open.force(false);
            if (made) {
                StorageFile.forceDirectory(directory, FileFaults.NONE);
            }
        }
    }

    private StorageFile open() {
        StorageFile open = file;
        if (open == null) {
            open = StorageFile.open(path, StorageFile.Mode.CREATE, FileFaults.NONE);
            file = open;
        }
        return open;
    }

    @Override
    public void close() {
        namesInUse.remove(name);
        StorageFile open = file;
        file = null;
        if (open != null) {
            open.close();
        }
    }
}
