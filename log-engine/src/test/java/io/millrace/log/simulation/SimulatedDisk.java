package io.millrace.log.simulation;

import io.millrace.log.segment.SegmentFiles;
import io.millrace.mapped.FaultInjection;
import io.millrace.mapped.FileFaults;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Stands in the seam of the file layer beside a real directory and knows what a loss of power would leave of it.
 *
 * <p>For each file it keeps the content at its last force, and what it was before each cut since; for each directory the entries at
 * its last force, and the changes since in their order. At a crash ({@link #cutPower}) each directory keeps a prefix of those changes
 * (a journal is replayed in order), and each file becomes a mixture ({@link Inode#afterCrash}). What the engine stores through a mapping
 * needs no hook: a force reads the file, and the page cache shows both ways the same bytes.
 *
 * <p>It also fails operations by rules ({@link FaultInjection}), and can end the power in the middle of an operation: from then on
 * nothing reaches the files. One thread at a time.
 */
final class SimulatedDisk implements FileFaults {
    private final Path root;
    private final SimulatedClock clock;
    private FaultInjection injection = new FaultInjection(0, ns -> {});
    private Inode rootInode = Inode.directory();
    /** Opened or made by the operation that is at work; whether it was not there before is seen at the next one. */
    private Path unsettled;

    private long operationsUntilStop = Long.MAX_VALUE;
    private boolean off;
    private boolean forceFailed;
    private long operations;
    private int recycled;
    private int prepared;

    SimulatedDisk(Path root, SimulatedClock clock) {
        this.root = root;
        this.clock = clock;
    }

    /** Fails operations from here on as it tells. */
    void inject(FaultInjection faults) {
        injection = faults;
    }

    FaultInjection injection() {
        return injection;
    }

    /** The power goes, or the process is killed, right before so many operations from now. */
    void stopAfter(long count) {
        operationsUntilStop = count;
    }

    /** From here on nothing changes: whoever still runs is not there any more. */
    synchronized void stop() {
        off = true;
    }

    synchronized boolean isOff() {
        return off;
    }

    /** A force has failed since the start: the pages it was about may be lost though the page cache shows them. */
    boolean forceFailed() {
        return forceFailed;
    }

    /** How many expired files have become segments again. */
    int recycled() {
        return recycled;
    }

    /** How many segments began in files that had been made ready. */
    int prepared() {
        return prepared;
    }

    long operations() {
        return operations;
    }

    @Override
    public synchronized void beforeRename(Path from, Path to) throws IOException {
        admit(Operation.RENAME, from, 0, 0);
        Inode parent = inode(from.getParent());
        Inode target = inode(to);
        if (target != null && !target.isDirectory()) {
            target.gone(readOrNothing(to));
        }
        parent.renameEntry(name(from), name(to));
        boolean becomesLog = name(from).endsWith(SegmentFiles.DELETED) && name(to).endsWith(SegmentFiles.LOG);
        boolean wasSegment = SegmentFiles.beginsWithOffset(name(from));
        recycled += becomesLog && wasSegment ? 1 : 0;
        prepared += becomesLog && !wasSegment ? 1 : 0;
    }

    @Override
    public synchronized void before(Operation operation, Path file, long position, long length) throws IOException {
        if (operation == Operation.CLOSE && off) {
            return;
        }
        admit(operation, file, position, length);
        switch (operation) {
            case OPEN, MAKE_DIRECTORY -> unsettled = file;
            case FORCE -> force(file);
            case TRUNCATE -> truncate(file, position);
            case DELETE -> delete(file);
            default -> {
                // Bytes that are not forced are read from the file at the crash; the others change nothing.
            }
        }
    }

    private void admit(Operation operation, Path file, long position, long length) throws IOException {
        if (off) {
            throw new IOException("the power is off");
        }
        settle();
        boolean counts = operation != Operation.READ && operation != Operation.CLOSE;
        if (counts && --operationsUntilStop < 0) {
            off = true;
            throw new IOException("the power is off");
        }
        operations++;
        try {
            injection.before(operation, file, position, length);
        } catch (IOException e) {
            forceFailed |= operation == Operation.FORCE;
            throw e;
        }
    }

    private void settle() {
        Path opened = unsettled;
        unsettled = null;
        if (opened != null && inode(opened) == null && Files.exists(opened)) {
            inode(opened.getParent()).addEntry(name(opened), Files.isDirectory(opened));
        }
    }

    private void force(Path file) {
        Inode inode = inode(file);
        if (inode.isDirectory()) {
            inode.forceEntries();
        } else if (Files.exists(file)) { // or else somebody has taken it away, and what is forced is in no directory
            inode.forceContent(read(file));
        }
    }

    private void truncate(Path file, long size) {
        byte[] content = readOrNothing(file);
        if (size < content.length) {
            inode(file).cut(content, (int) size);
        }
    }

    private void delete(Path file) {
        Inode inode = inode(file);
        if (inode != null) {
            if (!inode.isDirectory()) {
                inode.gone(readOrNothing(file));
            }
            inode(file.getParent()).removeEntry(name(file));
        }
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private Inode inode(Path file) {
        Inode inode = rootInode;
        if (file.equals(root)) {
            return inode;
        }
        for (Path name : root.relativize(file)) {
            inode = inode == null ? null : inode.entry(name.toString());
        }
        return inode;
    }

    // ---- the end of a life
    // ------------------------------------------------------------------------------------------------------

    /** Leaves in the directory what a loss of power would leave: what was not forced is kept or lost as the random tells. */
    synchronized void cutPower(Random random, CrashStyle style) {
        settle();
        IdentityHashMap<Inode, byte[]> contents = new IdentityHashMap<>();
        collectContents(rootInode, root, contents);
        Map<String, byte[]> image = new TreeMap<>();
        List<String> directories = new ArrayList<>();
        collectImage(rootInode, "", random, style, contents, image, directories);
        replaceFiles(image, directories);
        powerOn();
    }

    /** Goes on after a kill: the page cache has survived, and so has what is known about what was forced. */
    synchronized void powerOn() {
        settle();
        off = false;
        operationsUntilStop = Long.MAX_VALUE;
        forceFailed = false;
        setTimes();
    }

    private void collectContents(Inode directory, Path path, IdentityHashMap<Inode, byte[]> contents) {
        directory.entries().forEach((name, inode) -> {
            Path child = path.resolve(name);
            if (inode.isDirectory()) {
                collectContents(inode, child, contents);
            } else {
                contents.put(inode, readOrNothing(child));
            }
        });
    }

    private static void collectImage(
            Inode directory,
            String prefix,
            Random random,
            CrashStyle style,
            IdentityHashMap<Inode, byte[]> contents,
            Map<String, byte[]> image,
            List<String> directories) {
        directory.entriesAfterCrash(random, style).forEach((name, inode) -> {
            String path = prefix + name;
            if (inode.isDirectory()) {
                directories.add(path);
                collectImage(inode, path + "/", random, style, contents, image, directories);
            } else {
                image.put(path, inode.afterCrash(contents.get(inode), random, style));
            }
        });
    }

    private void replaceFiles(Map<String, byte[]> image, List<String> directories) {
        try {
            clear();
            rootInode = Inode.directory();
            for (String directory : directories) {
                Files.createDirectories(root.resolve(directory));
                inode(root.resolve(directory).getParent()).addEntry(name(Path.of(directory)), true);
            }
            for (Map.Entry<String, byte[]> file : image.entrySet()) {
                Path path = root.resolve(file.getKey());
                Files.write(path, file.getValue());
                Inode parent = inode(path.getParent());
                parent.addEntry(name(path), false);
                parent.entry(name(path)).forceContent(file.getValue());
            }
            rootInode.forceAllEntries();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void clear() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(root)) {
                    Files.delete(file);
                }
            }
        }
    }

    /** The engine looks at the time of a file that it opens: it has to be the simulation's. */
    void setTimes() {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.setLastModifiedTime(file, FileTime.fromMillis(clock.millis()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Changes a file behind the engine's back, as a disk does that goes bad: the good copy is gone at once. */
    void damage(Path file, byte[] content) {
        write(file, content);
        Inode parent = inode(file.getParent());
        if (parent.entry(name(file)) == null) {
            parent.addEntry(name(file), false);
            parent.forceEntries();
        }
        inode(file).forceContent(content);
        try {
            Files.setLastModifiedTime(file, FileTime.fromMillis(clock.millis()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file that somebody has taken away, and that the engine does not miss, is gone for good. */
    void forget(Path file) {
        Inode parent = inode(file.getParent());
        if (!Files.exists(file) && parent.entry(name(file)) != null) {
            parent.removeEntry(name(file));
        }
        parent.forceEntries();
    }

    /** Takes a file away behind the engine's back. */
    void remove(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Inode parent = inode(file.getParent());
        parent.removeEntry(name(file));
        parent.forceEntries();
    }

    static void write(Path file, byte[] content) {
        try {
            Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Nothing where somebody has taken the file away. */
    private static byte[] readOrNothing(Path file) {
        return Files.exists(file) ? read(file) : new byte[0];
    }

    static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
