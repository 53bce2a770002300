package io.millrace.broker.schema.registry;

import io.millrace.broker.schema.store.RegistryRecord;
import io.millrace.broker.schema.store.SchemaIndex;
import io.millrace.broker.schema.store.SchemaLog;
import io.millrace.broker.schema.store.StoreException;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * The lock around index and log, and the moment at which the topic comes into being: the first write. Owned by the node's
 * registry; any thread that may block.
 */
public final class SchemaStore {
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final SchemaLog log;
    private final BooleanSupplier topicExists;
    private final Runnable createTopic;
    private final LongSupplier clockMs;

    /** Grows whenever the index has changed; whoever remembers answers forgets them then. Written under the write lock. */
    private volatile long generation;

    /** A decision on a write. */
    @FunctionalInterface
    interface Decision<T> {
        /** Called with the write lock held. */
        T decide(SchemaIndex index) throws Exception;
    }

    /**
     * Over a log.
     *
     * @param topicExists whether any node has the topic
     * @param createTopic makes it, and returns when this node can use it or when that took too long
     */
    public SchemaStore(SchemaLog log, BooleanSupplier topicExists, Runnable createTopic, LongSupplier clockMs) {
        this.log = log;
        this.topicExists = topicExists;
        this.createTopic = createTopic;
        this.clockMs = clockMs;
    }

    /** Answers from the index, which knows all of the log by then. */
    public <T> T read(Function<SchemaIndex, T> question) {
        catchUp();
        lock.readLock().lock();
        try {
            return question.apply(log.index());
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Reads what is new in the log. */
    public void catchUp() {
        if (!log.isHere() && topicExists.getAsBoolean()) {
            throw RegistryException.unknownLeader(
                    "another node has the topic _schemas: ask the registry of the node that leads it");
        }
        if (log.isBehind()) {
            lock.writeLock().lock();
            try {
                log.catchUp();
                changed();
            } finally {
                lock.writeLock().unlock();
            }
        }
    }

    <T> T write(Decision<T> decision) {
        if (!topicExists.getAsBoolean()) {
            createTopic.run();
        }
        lock.writeLock().lock();
        try {
            if (!log.isLeader()) {
                throw RegistryException.unknownLeader(
                        "another node leads the topic _schemas: ask the registry of that node to write");
            }
            if (log.isBehind()) {
                log.catchUp();
                changed();
            }
            return decision.decide(log.index());
        } catch (RuntimeException e) {
            throw e;
        } catch (StoreException.TooLarge e) {
            throw RegistryException.invalidSchema("the schema is too large: " + e.getMessage());
        } catch (Exception e) {
            throw RegistryException.store(String.valueOf(e.getMessage()));
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Called by a decision. */
    void append(List<RegistryRecord> records) throws StoreException {
        log.append(records, clockMs.getAsLong());
        changed();
    }

    /** Which state of the index answers are of. */
    public long generation() {
        return generation;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: who holds the write lock
    private void changed() {
        generation++;
    }
}
