package io.millrace.perf.powercut;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Keeps or loses each page that had not been written at the cut: what the page cache held right before it is remembered, and brought
 * back page by page afterwards, as a random tells. The kernel may have written any of them at any time.
 *
 * <p>Only into files that are still there, as told by their inode: names are the journal's matter, not the pages'.
 */
final class PageMix {
    private static final int PAGE = 4096;

    private final Map<Object, byte[]> contents = new HashMap<>();
    private long kept;
    private long lost;

    private PageMix() {}

    /** Copies all files as the page cache shows them. Whoever wrote them is not there any more. */
    static PageMix copy(Path root) throws IOException {
        PageMix copy = new PageMix();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                copy.add(file);
            }
        }
        return copy;
    }

    private void add(Path file) throws IOException {
        contents.put(inode(file), Files.readAllBytes(file));
    }

    private static Object inode(Path file) throws IOException {
        return Files.getAttribute(file, "unix:ino");
    }

    /** Brings some of the pages back into what the cut has left. */
    void restoreSome(Path root, Random random) throws IOException {
        double share = random.nextInt(4) == 0 ? 0.1 : random.nextDouble();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                byte[] cached = contents.get(inode(file));
                if (cached != null) {
                    restoreSome(file, cached, share, random);
                }
            }
        }
    }

    private void restoreSome(Path file, byte[] cached, double share, Random random) throws IOException {
        byte[] onDisk = Files.readAllBytes(file);
        boolean grows = cached.length > onDisk.length && random.nextInt(3) > 0;
        int end = grows ? cached.length : Math.min(onDisk.length, cached.length);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int at = 0; at < end; at += PAGE) {
                int length = Math.min(PAGE, end - at);
                if (differs(onDisk, cached, at, length)) {
                    boolean keep = random.nextDouble() < share;
                    if (keep) {
                        channel.write(ByteBuffer.wrap(cached, at, length), at);
                    }
                    kept += keep ? 1 : 0;
                    lost += keep ? 0 : 1;
                }
            }
            if (grows && channel.size() < cached.length) {
                channel.write(ByteBuffer.wrap(new byte[1]), cached.length - 1L);
            }
            channel.force(true); // it is on the disk now: another cut does not take it
        }
    }

    private static boolean differs(byte[] onDisk, byte[] cached, int at, int length) {
        for (int i = at; i < at + length; i++) {
            if ((i < onDisk.length ? onDisk[i] : 0) != cached[i]) {
                return true;
            }
        }
        return false;
    }

    /** Pages that were brought back. */
    long kept() {
        return kept;
    }

    /** Pages that were not. */
    long lost() {
        return lost;
    }
}
