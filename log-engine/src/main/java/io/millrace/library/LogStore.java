package io.millrace.library;

import io.millrace.log.HousekeepingIntervals;
import io.millrace.log.LogClock;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogListener;
import io.millrace.log.LogRuntime;
import io.millrace.log.PartitionLog;
import io.millrace.log.RecoveryReport;
import io.millrace.log.checkpoint.DirectoryInUseException;
import io.millrace.log.checkpoint.DirectoryLock;
import io.millrace.log.checkpoint.PartitionMetadata;
import io.millrace.log.checkpoint.PartitionName;
import io.millrace.log.checkpoint.StoreMarker;
import io.millrace.mapped.CloseSteps;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.StorageException;
import io.millrace.mapped.StorageFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A directory of logs, open for writing.
 *
 * <pre>{@code
 * try (LogStore store = LogStore.open(Path.of("data"))) {
 *     Log log = store.log("orders");
 *     try (Appender appender = log.appender();
 *             Tailer tailer = log.tailer().fromEarliest().build()) {
 *         appender.append("hello".getBytes(UTF_8));
 *         tailer.next();
 *         System.out.println(tailer.record().valueText());
 *     }
 * }
 * }</pre>
 *
 * <p>One process at a time has it, by a lock of the operating system, which goes with the process: {@link StoreInUseException}. Others read
 * it with {@link #openReadOnly}. After a crash, opening it cuts what was half written and nothing else: {@link #recovery()}.
 *
 * <p>The files are Kafka's: a broker that is started on the directory afterwards serves each log as a topic of one partition. In a directory
 * that a broker has formatted, the logs that are there can be appended to, while the broker is down; new ones are topics, which the broker makes.
 *
 * <p>It owns a few daemon threads, named {@code millrace-...}, for what appends do not wait for. Any thread.
 */
public final class LogStore implements AutoCloseable {
    /** A directory of a broker has this file. */
    private static final String BROKER_FILE = "meta.properties";

    private static final long WATERMARK_PERIOD_MS = 500;

    private final Path directory;
    private final LogRuntime runtime;
    private final LogDirectory logs;
    private final LogConfig config;
    private final boolean sync;
    private final ConcurrentHashMap<PartitionName, Log> opened = new ConcurrentHashMap<>();
    private final ScheduledFuture<?> watermarks;
    private volatile boolean closed;

    private LogStore(Path directory, LogRuntime runtime, LogDirectory logs, LogConfig config, boolean sync) {
        this.directory = directory;
        this.runtime = runtime;
        this.logs = logs;
        this.config = config;
        this.sync = sync;
        for (PartitionLog log : logs.logs()) {
            opened.put(new PartitionName(log.topic(), log.partition()), new Log(log, runtime.clock(), sync));
        }
        raiseWatermarks();
        watermarks = runtime.every(WATERMARK_PERIOD_MS, this::raiseWatermarks);
    }

    /** Opens a store as it is unless told: appends to the page cache, segments of 1 GiB, nothing is ever deleted. */
    public static LogStore open(Path directory) {
        return builder(directory).open();
    }

    /** Says how a store is to be opened. */
    public static Builder builder(Path directory) {
        return new Builder(directory);
    }

    /** Opens a directory for reading only, also while a store or a broker in another process writes it. It need not exist yet. */
    public static ReadOnlyStore openReadOnly(Path directory) {
        return new ReadOnlyStore(directory);
    }

    /** What retention may delete is bounded by the high watermark, which is not worth a look on every append. */
    private void raiseWatermarks() {
        opened.values().forEach(Log::allMayGo);
    }

    /**
     * The log of that name, made if it does not exist: then its directory is on the disk when this returns.
     *
     * @param name letters, digits, dot, underscore and hyphen, at most 249
     * @throws StorageException where its files are damaged or cannot be made
     * @throws IllegalStateException where it does not exist and the directory is a broker's
     */
    public Log log(String name) {
        return log(name, 0);
    }

    /** A partition of a broker's topic, or partition 0 of a log that is made. */
    public Log log(String name, int partition) {
        requireOpen();
        PartitionName wanted = new PartitionName(name, partition);
        Log known = opened.get(wanted);
        return known != null ? known : opened.computeIfAbsent(wanted, this::create);
    }

    private Log create(PartitionName name) {
        StorageException cause = logs.offline().get(name);
        if (cause != null) {
            throw cause;
        }
        if (Files.exists(directory.resolve(BROKER_FILE))) {
            throw new IllegalStateException("log " + name.topic() + " does not exist in " + directory
                    + ", which a broker has formatted: create the topic there, then it can be appended to from here");
        }
        UUID id = newTopicId();
        PartitionLog log = logs.create(
                name.topic(), name.partition(), id.getMostSignificantBits(), id.getLeastSignificantBits(), config);
        return new Log(log, runtime.clock(), sync);
    }

    /** Kafka avoids ids that look like an option on its command lines. */
    private static UUID newTopicId() {
        UUID id;
        do {
            id = UUID.randomUUID();
        } while (new PartitionMetadata(id.getMostSignificantBits(), id.getLeastSignificantBits())
                .topicId()
                .startsWith("-"));
        return id;
    }

    /** The names of the logs that are there. */
    public List<String> names() {
        return opened.keySet().stream()
                .map(PartitionName::topic)
                .distinct()
                .sorted()
                .toList();
    }

    /** Deletes a log; returns whether there was one. Its appender and tailers are to be closed. */
    public boolean delete(String name) {
        requireOpen();
        PartitionName gone = new PartitionName(name, 0);
        opened.remove(gone);
        return logs.delete(name, 0);
    }

    /** The directory. */
    public Path directory() {
        return directory;
    }

    /** What opening found and did: whether the stop before was orderly, what was scanned, and what was cut. */
    public RecoveryReport recovery() {
        return logs.report();
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("log store is closed: " + directory);
        }
    }

    /**
     * Forces everything to the disk, closes the logs and gives the lock back. Appenders fail afterwards; tailers read to the end and are
     * closed by those who opened them. Calling it again does nothing.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        watermarks.cancel(false);
        boolean interrupted = Thread.interrupted(); // it would close files under the engine
        try {
            CloseSteps.run(directory, this::raiseWatermarks, logs::close, runtime::close);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public String toString() {
        return "LogStore[" + directory + "]";
    }

    /** How a store is opened. Sizes are bytes. */
    public static final class Builder {
        private static final int BATCH_BYTES_MAX = 64 << 20;
        private static final Duration FLUSH_INTERVAL = Duration.ofSeconds(1);
        private static final HousekeepingIntervals INTERVALS =
                new HousekeepingIntervals(10_000, 600_000, 60_000, 60_000, 5_000);

        private final Path directory;
        private final LogConfig.Builder config = LogConfig.builder()
                .retentionMs(-1)
                .retentionBytes(-1)
                .segmentMs(Long.MAX_VALUE)
                .maxMessageBytes(BATCH_BYTES_MAX);
        private Durability durability = Durability.PAGE_CACHE;
        private Duration flushInterval = FLUSH_INTERVAL;
        private LogListener listener = LogListener.NONE;
        private LogClock clock = LogClock.SYSTEM;
        private FileFaults faults = FileFaults.NONE;
        private HousekeepingIntervals intervals = INTERVALS;

        private Builder(Path directory) {
            this.directory = directory;
        }

        /** What an append promises; {@link Durability#PAGE_CACHE} unless told. */
        public Builder durability(Durability value) {
            durability = value;
            return this;
        }

        /** With {@link Durability#INTERVAL}: how much a power cut may take. One second unless told. */
        public Builder flushInterval(Duration value) {
            flushInterval = value;
            return this;
        }

        /** A segment's file is this large at most; 1 GiB unless told. */
        public Builder segmentBytes(int value) {
            config.segmentBytes(value);
            return this;
        }

        /** A segment holds records of so long a time at most, so that retention by time can delete it. Unless told there is no such limit. */
        public Builder segmentTime(Duration value) {
            config.segmentMs(value.toMillis());
            return this;
        }

        /** Segments whose records are all older than this are deleted. Unless told nothing is. */
        public Builder retention(Duration value) {
            config.retentionMs(value.toMillis());
            return this;
        }

        /** The oldest segments are deleted while the rest of a log has at least so many bytes. Unless told nothing is. */
        public Builder retentionBytes(long value) {
            config.retentionBytes(value);
            return this;
        }

        /** The largest batch, and so the largest record; 64 MiB unless told. Not larger than a segment. */
        public Builder maxBatchBytes(int value) {
            config.maxMessageBytes(value);
            return this;
        }

        /** Hears of segments that are made, rolled and deleted, of recovery, and of a disk that fails or is full. */
        public Builder listener(LogListener value) {
            listener = value;
            return this;
        }

        /** Every other setting of a log, with Kafka's names. */
        public Builder config(Consumer<LogConfig.Builder> change) {
            change.accept(config);
            return this;
        }

        /** Another clock, for tests. */
        public Builder clock(LogClock value) {
            clock = value;
            return this;
        }

        /** How often the store looks for what is due; for tests. */
        Builder intervals(HousekeepingIntervals value) {
            intervals = value;
            return this;
        }

        /** What fails; for tests. */
        Builder faults(FileFaults value) {
            faults = value;
            return this;
        }

        /**
         * Opens the store, and makes its directory where there is none.
         *
         * @throws StoreInUseException where it is open for writing already
         * @throws StorageException where the directory cannot be used
         */
        public LogStore open() {
            LogConfig built = built();
            createDirectory();
            DirectoryLock lock = lock();
            LogRuntime runtime = null;
            boolean opened = false;
            try {
                if (!Files.exists(directory.resolve(BROKER_FILE)) && !StoreMarker.isPresent(directory)) {
                    StoreMarker.write(directory, faults);
                }
                runtime = LogRuntime.start(clock, listener, faults);
                LogStore store = open(built, lock, runtime);
                opened = true;
                return store;
            } finally {
                if (!opened) {
                    letGo(lock, runtime);
                }
            }
        }

        private LogConfig built() {
            config.syncBeforeAck(durability == Durability.SYNC);
            if (durability == Durability.INTERVAL) {
                config.flushMs(flushInterval.toMillis());
            }
            LogConfig built = config.build();
            return built.maxMessageBytes() <= built.segmentBytes()
                    ? built
                    : built.toBuilder().maxMessageBytes(built.segmentBytes()).build();
        }

        private void createDirectory() {
            StorageFile.createDirectories(directory, faults);
        }

        private DirectoryLock lock() {
            try {
                return DirectoryLock.acquire(directory, faults);
            } catch (DirectoryInUseException e) {
                throw new StoreInUseException(directory, e);
            }
        }

        private LogStore open(LogConfig built, DirectoryLock lock, LogRuntime runtime) {
            int threads = Runtime.getRuntime().availableProcessors();
            LogDirectory logs =
                    LogDirectory.open(directory, lock, runtime, topic -> built, threads, intervals, listener);
            return new LogStore(directory, runtime, logs, built, durability == Durability.SYNC);
        }

        /** The directory closes the lock itself where its opening fails; closing it again does nothing. */
        private static void letGo(DirectoryLock lock, @Nullable LogRuntime runtime) {
            lock.close();
            if (runtime != null) {
                runtime.close();
            }
        }
    }
}
