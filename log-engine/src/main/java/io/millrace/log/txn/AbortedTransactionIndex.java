package io.millrace.log.txn;

import static io.millrace.log.txn.AbortedTransactionDescriptor.CURRENT_VERSION;
import static io.millrace.log.txn.AbortedTransactionDescriptor.ENTRY_SIZE;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The transactions whose abort markers stand in one segment, in the order of their markers, in memory and in
 * {@code <base offset>.txnindex}. There is no file until the first one is appended: most segments never have one.
 *
 * <p>One writer, under the log's lock; any readers without a lock: they see an array that is replaced, never changed below the count
 * that goes with it.
 *
 * <p>Invariants: last offsets ascend strictly and lie at or above the base offset.
 */
public final class AbortedTransactionIndex implements AutoCloseable {
    private static final AbortedTransaction[] NOTHING = {};

    private final long baseOffset;
    private final FileFaults faults;
    private final ByteBuffer entryBuffer = ByteBuffer.allocate(ENTRY_SIZE);
    private Path path;
    private @Nullable StorageFile file;

    private volatile AbortedTransaction[] transactions = NOTHING;

    private AbortedTransactionIndex(Path path, long baseOffset, FileFaults faults) {
        this.path = path;
        this.baseOffset = baseOffset;
        this.faults = faults;
    }

    /**
     * Reads the file if there is one. A part of an entry at its end is cut.
     *
     * @throws StorageException DAMAGED where an entry cannot be one of this segment: {@link #reset()} and scan the segment
     */
    public static AbortedTransactionIndex open(Path path, long baseOffset, FileFaults faults) {
        AbortedTransactionIndex index = new AbortedTransactionIndex(path, baseOffset, faults);
        if (Files.exists(path)) {
            index.load();
        }
        return index;
    }

    /** As {@link #open}, but what stands in the file is cut: the segment is about to be scanned. */
    public static AbortedTransactionIndex openEmpty(Path path, long baseOffset, FileFaults faults) {
        AbortedTransactionIndex index = new AbortedTransactionIndex(path, baseOffset, faults);
        index.reset();
        return index;
    }

    private void load() {
        StorageFile opened = StorageFile.open(path, StorageFile.Mode.READ_WRITE, faults);
        try {
            int count = Math.toIntExact(opened.size() / ENTRY_SIZE);
            if (opened.size() != (long) count * ENTRY_SIZE) {
                opened.truncate((long) count * ENTRY_SIZE);
            }
            transactions = decode(path, readAll(opened, count * ENTRY_SIZE), count, baseOffset);
            file = opened;
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private ByteBuffer readAll(StorageFile opened, int length) {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        if (opened.readFully(buffer, 0) != length) {
            throw StorageException.damaged(path, buffer.position(), "transaction index ends early");
        }
        return buffer;
    }

    /**
     * The entries of a file's bytes, for those who only look at it. A part of an entry at the end does not count.
     *
     * @throws StorageException DAMAGED where an entry cannot be one of a segment with that base offset
     */
    public static List<AbortedTransaction> entries(Path path, ByteBuffer bytes, long baseOffset) {
        return List.of(decode(path, bytes, bytes.limit() / ENTRY_SIZE, baseOffset));
    }

    private static AbortedTransaction[] decode(Path path, ByteBuffer buffer, int count, long baseOffset) {
        AbortedTransaction[] decoded = new AbortedTransaction[count];
        long last = baseOffset - 1;
        for (int i = 0; i < count; i++) {
            int at = i * ENTRY_SIZE;
            decoded[i] = AbortedTransactionDescriptor.get(buffer, at);
            boolean known = AbortedTransactionDescriptor.version(buffer, at) == CURRENT_VERSION;
            if (!known || decoded[i].lastOffset() <= last) {
                throw StorageException.damaged(path, at, "illegal entry of the transaction index: " + decoded[i]);
            }
            last = decoded[i].lastOffset();
        }
        return decoded;
    }

    /** Adds a transaction whose marker has just been appended to the segment. */
    public void append(AbortedTransaction transaction) {
        AbortedTransaction[] current = transactions;
        if (transaction.lastOffset() <= lastOffset(current)) {
            throw new IllegalArgumentException("not above the last marker " + lastOffset(current) + ": " + transaction);
        }
        entryBuffer.clear();
        AbortedTransactionDescriptor.put(entryBuffer, 0, transaction);
        openFile().writeFully(entryBuffer, (long) current.length * ENTRY_SIZE);
        AbortedTransaction[] next = Arrays.copyOf(current, current.length + 1);
        next[current.length] = transaction;
        transactions = next;
    }

    private long lastOffset(AbortedTransaction[] current) {
        return current.length == 0 ? baseOffset - 1 : current[current.length - 1].lastOffset();
    }

    private StorageFile openFile() {
        StorageFile open = file;
        if (open == null) {
            open = StorageFile.open(path, StorageFile.Mode.CREATE, faults);
            file = open;
        }
        return open;
    }

    /**
     * Adds the transactions that overlap the offsets {@code from} to {@code to} (exclusive) to {@code found}.
     *
     * @return true where later segments cannot have any more of them
     */
    public boolean collect(long from, long to, List<AbortedTransaction> found) {
        for (AbortedTransaction transaction : transactions) {
            if (transaction.lastOffset() >= from && transaction.firstOffset() < to) {
                found.add(transaction);
            }
            if (transaction.lastStableOffset() >= to) {
                return true;
            }
        }
        return false;
    }

    /**
     * Drops the transactions whose marker lies at or above {@code offset}, for good: other batches may get these offsets and be forced, and what
     * came back of here after a loss of power would tell that they were aborted.
     */
    public void truncateTo(long offset) {
        AbortedTransaction[] current = transactions;
        int kept = 0;
        while (kept < current.length && current[kept].lastOffset() < offset) {
            kept++;
        }
        if (kept < current.length) {
            transactions = Arrays.copyOf(current, kept);
            cutFile((long) kept * ENTRY_SIZE);
        }
    }

    /** Drops everything, also what the file holds and could not be read. */
    public void reset() {
        transactions = NOTHING;
        if (file != null || Files.exists(path)) {
            cutFile(0);
        }
    }

    private void cutFile(long length) {
        StorageFile cut = openFile();
        cut.truncate(length);
        cut.force(true);
    }

    public boolean isEmpty() {
        return transactions.length == 0;
    }

    /** Number of transactions. */
    public int count() {
        return transactions.length;
    }

    /** Makes what was appended durable. */
    public void force() {
        if (file != null || transactions.length > 0) {
            openFile().force(true);
        }
    }

    /** Gives the descriptor back until the next use. Under the log's lock, after a force. */
    public void park() {
        close();
    }

    /** The file's directory or name has changed. */
    public void movedTo(Path newPath) {
        path = newPath;
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        StorageFile open = file;
        file = null;
        if (open != null) {
            open.close();
        }
    }
}
