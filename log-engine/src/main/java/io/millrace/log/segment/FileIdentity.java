package io.millrace.log.segment;

import io.millrace.mapped.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which file of the file system stood under a name when it was opened: device and inode. By it a file is missed that somebody else has
 * deleted or replaced, whose open channel goes on as if nothing had happened.
 *
 * @param key null where the file system has none
 */
record FileIdentity(@Nullable Object key) {
    static FileIdentity of(Path file) {
        try {
            return new FileIdentity(key(file));
        } catch (IOException e) {
            throw StorageException.of("identity", file, -1, e);
        }
    }

    /** Of a file that has just been looked at. */
    static FileIdentity of(BasicFileAttributes attributes) {
        return new FileIdentity(attributes.fileKey());
    }

    private static @Nullable Object key(Path file) throws IOException {
        return attributes(file).fileKey();
    }

    private static BasicFileAttributes attributes(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class);
    }

    /** What has happened to the file behind our back, or null. */
    @Nullable
    StorageException problem(Path file, long lengthAtLeast) {
        try {
            BasicFileAttributes found = attributes(file);
            if (!Objects.equals(key, found.fileKey())) {
                return StorageException.damaged(file, -1, "file was replaced by another one of its name");
            }
            long length = found.size();
            return length >= lengthAtLeast
                    ? null
                    : StorageException.damaged(
                            file,
                            length,
                            "file was cut by somebody else: it has " + length + " bytes of " + lengthAtLeast);
        } catch (NoSuchFileException e) {
            return new StorageException(
                    StorageException.Kind.DAMAGED, "file was deleted by somebody else", file, -1, e);
        } catch (IOException e) {
            return StorageException.of("look at", file, -1, e);
        }
    }
}
