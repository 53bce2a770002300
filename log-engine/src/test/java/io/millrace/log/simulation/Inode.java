package io.millrace.log.simulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A file or a directory, whatever its name is at the moment: what of it is on the disk for certain, and what may be.
 *
 * <p>The model of a file. At its last force content and length were on the disk. Since then pages were overwritten, in any order, and
 * the length was changed: growing happens page by page, a cut is a step of the journal. A crash keeps the first so many cuts. A page
 * below a cut that is not kept may still be there in its newest version, since overwriting a block that the file has waits for no
 * journal; a page behind it shows what stood there before the cut. What was never written reads as zeros.
 */
final class Inode {
    private static final int PAGE = 4096;
    private static final int SECTOR = 512;
    private static final byte[] EMPTY = {};

    /** The content right before the file was cut to a length. */
    private static final class Cut {
        private final byte[] before;
        private final int length;

        Cut(byte[] before, int length) {
            this.before = before;
            this.length = length;
        }
    }

    /** A step of a directory's journal: {@code to} is null for a removal, {@code from} for an addition. */
    private record Change(String from, String to, Inode inode) {}

    private final boolean directory;

    private byte[] forced = EMPTY;
    private final List<Cut> cuts = new ArrayList<>();
    private byte[] lastContent;

    private final Map<String, Inode> entries = new TreeMap<>();
    private Map<String, Inode> forcedEntries = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();

    private Inode(boolean directory) {
        this.directory = directory;
    }

    static Inode directory() {
        return new Inode(true);
    }

    boolean isDirectory() {
        return directory;
    }

    // ---- directory
    // -------------------------------------------------------------------------------------------------------------

    Map<String, Inode> entries() {
        return entries;
    }

    Inode entry(String name) {
        return entries.get(name);
    }

    void addEntry(String name, boolean isDirectory) {
        Inode added = new Inode(isDirectory);
        entries.put(name, added);
        changes.add(new Change(null, name, added));
    }

    void renameEntry(String from, String to) {
        Inode moved = entries.remove(from);
        entries.put(to, moved);
        changes.add(new Change(from, to, moved));
    }

    void removeEntry(String name) {
        changes.add(new Change(name, null, entries.remove(name)));
    }

    void forceEntries() {
        forcedEntries = new TreeMap<>(entries);
        changes.clear();
    }

    void forceAllEntries() {
        forceEntries();
        entries.values().stream().filter(Inode::isDirectory).forEach(Inode::forceAllEntries);
    }

    Map<String, Inode> entriesAfterCrash(Random random, CrashStyle style) {
        Map<String, Inode> kept = new TreeMap<>(forcedEntries);
        for (Change change : changes.subList(0, style.keptOf(changes.size(), random))) {
            if (change.from != null) {
                kept.remove(change.from);
            }
            if (change.to != null) {
                kept.put(change.to, change.inode);
            }
        }
        return kept;
    }

    // ---- file
    // ------------------------------------------------------------------------------------------------------------------

    void forceContent(byte[] content) {
        forced = content;
        cuts.clear();
    }

    void cut(byte[] before, int length) {
        cuts.add(new Cut(before, length));
    }

    /** Its name is being taken away; a crash may give it back. */
    void gone(byte[] content) {
        lastContent = content;
    }

    /** What the file may hold after a crash; {@code current} is what it holds now, null where it has no name any more. */
    byte[] afterCrash(byte[] current, Random random, CrashStyle style) {
        byte[] newest = current == null ? lastContent : current;
        int keptCuts = style.keptOf(cuts.size(), random);
        byte[] base = forced;
        for (Cut cut : cuts.subList(0, keptCuts)) {
            base = Arrays.copyOf(base, Math.min(base.length, cut.length));
        }
        boolean lostCut = keptCuts < cuts.size();
        byte[] latest = lostCut ? cuts.get(keptCuts).before : newest;
        int stillOverwritten = lostCut ? cuts.get(keptCuts).length : 0;
        byte[] result = new byte[length(base.length, latest.length, random, style)];
        for (int at = 0; at < result.length; at += PAGE) {
            byte[] written = at < stillOverwritten && random.nextBoolean() ? newest : latest;
            fill(result, at, base, written, random, style);
        }
        return result;
    }

    private static int length(int base, int latest, Random random, CrashStyle style) {
        if (latest <= base || style.keptChanges() == 1) {
            return latest;
        }
        if (style.keptChanges() == 0) {
            return base;
        }
        return switch (random.nextInt(3)) {
            case 0 -> base;
            case 1 -> latest;
            default -> Math.min(latest, (base / PAGE + 1 + random.nextInt(latest / PAGE + 1)) * PAGE);
        };
    }

    private static void fill(byte[] result, int at, byte[] base, byte[] written, Random random, CrashStyle style) {
        int end = Math.min(at + PAGE, result.length);
        boolean same = same(base, written, at, end);
        boolean keep = !same && style.keepsPage(random);
        boolean tear = !same && !keep && style.tearsPage(random);
        for (int sector = at; sector < end; sector += SECTOR) {
            boolean isNew = keep || (tear && random.nextBoolean());
            copy(isNew ? written : base, result, sector, Math.min(sector + SECTOR, end));
        }
    }

    private static boolean same(byte[] one, byte[] other, int from, int end) {
        for (int i = from; i < end; i++) {
            if (at(one, i) != at(other, i)) {
                return false;
            }
        }
        return true;
    }

    private static byte at(byte[] bytes, int index) {
        return index < bytes.length ? bytes[index] : 0;
    }

    private static void copy(byte[] source, byte[] target, int from, int end) {
        int available = Math.min(end, source.length) - from;
        if (available > 0) {
            System.arraycopy(source, from, target, from, available);
        }
    }
}
