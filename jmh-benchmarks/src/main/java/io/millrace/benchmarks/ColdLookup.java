package io.millrace.benchmarks;

import io.millrace.index.OffsetIndex;
import io.millrace.index.TimeIndex;
import io.millrace.mapped.FileFaults;
import io.millrace.mapped.FileSystemSync;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.HdrHistogram.Histogram;

/**
 * What does the first look-up cost in an index whose pages are not in memory, as after a restart or when a consumer begins far behind? Beside
 * Kafka's indexes with the same entries, in turns.
 *
 * <p>Cold means: the file was forced, and its pages have left the page cache ({@code POSIX_FADV_DONTNEED}, which {@code dd} asks for with
 * {@code iflag=nocache count=0}); that not all of it is left is checked. An index is opened anew for each look-up, since pages that a
 * process has mapped cannot be dropped, and the opening counts: Kafka's index reads its last entry there. What the disk and its host keep in
 * memory is not in our hands, and the same for both.
 *
 * <pre>
 *   java -jar benchmarks.jar cold-lookup lookups=100 spacing=uneven
 * </pre>
 */
final class ColdLookup {
    /** The entries of a full segment of 1 GiB at the default interval of 4 KiB. */
    private static final int ENTRIES = 262_144;

    private static final long FIRST_TIME_MS = 1_700_000_000_000L;

    private static final Lookup KAFKA_OFFSET = in(
            file -> new org.apache.kafka.storage.internals.log.OffsetIndex(file.toFile(), 0, -1, false),
            (index, key) -> index.lookup(key).offset());
    private static final Lookup KAFKA_TIME = in(
            file -> new org.apache.kafka.storage.internals.log.TimeIndex(file.toFile(), 0, -1, false),
            (index, key) -> index.lookup(key).timestamp());

    private ColdLookup() {}

    static void run(List<String> arguments) throws Exception {
        Options options = new Options(arguments, "lookups", "100", "spacing", "uneven,even");
        awaitAdvice();
        for (String spacing : options.list("spacing")) {
            try (ScratchDirectory directory = ScratchDirectory.create()) {
                measure(options, spacing, directory.path());
            }
        }
        options.writeResults();
    }

    /** A look-up in a file that was opened for it. */
    private interface Lookup {
        long find(Path file, long key) throws Exception;
    }

    private interface Opener<T> {
        T open(Path file) throws IOException;
    }

    private interface Finder<T> {
        long find(T index, long key);
    }

    private static final class Case {
        final String what;
        final String target;
        final Path file;
        final long[] keys;
        final Lookup lookup;
        final Histogram times = new Histogram(3);

        Case(String what, String target, Path file, long[] keys, Lookup lookup) {
            this.what = what;
            this.target = target;
            this.file = file;
            this.keys = keys;
            this.lookup = lookup;
        }
    }

    /**
     * In the first fraction of a second of a process the calls are still being loaded by which the kernel is told that the neighbours of a page
     * are not wanted: a look-up then pays for the disk's read-ahead. A broker's start takes longer than that.
     */
    private static void awaitAdvice() throws IOException {
        try (ScratchDirectory directory = ScratchDirectory.create();
                FileSystemSync loaded = FileSystemSync.begin(directory.path())) {
            System.err.println(
                    loaded == null ? "no advice to the kernel on this JVM" : "advice to the kernel is loaded");
        }
    }

    private static void measure(Options options, String spacing, Path directory) throws Exception {
        int lookups = (int) options.number("lookups");
        long[] offsets = ascending(spacing, 0, 1);
        long[] times = ascending(spacing, FIRST_TIME_MS, 2);
        Path offsetFile = directory.resolve("00000000000000000000.index");
        Path timeFile = directory.resolve("00000000000000000000.timeindex");
        write(offsetFile, timeFile, offsets, times);
        List<Case> cases = new ArrayList<>();
        Lookup offset = in(file -> OffsetIndex.open(file, 0, 0, false, FileFaults.NONE), OffsetIndex::floorOffset);
        Lookup time = in(file -> TimeIndex.open(file, 0, 0, false, FileFaults.NONE), TimeIndex::floorTimestamp);
        cases.add(new Case("offset", "millrace", offsetFile, offsets, offset));
        cases.add(new Case("offset", "kafka", offsetFile, offsets, KAFKA_OFFSET));
        cases.add(new Case("time", "millrace", timeFile, times, time));
        cases.add(new Case("time", "kafka", timeFile, times, KAFKA_TIME));
        Random random = new Random(42);
        for (int i = 0; i < lookups; i++) {
            int slot = random.nextInt(ENTRIES);
            for (int turn = 0; turn < cases.size(); turn++) {
                Case each = cases.get((turn + i) % cases.size());
                drop(each.file);
                each.times.recordValue(each.lookup.find(each.file, each.keys[slot]));
            }
        }
        cases.forEach(each -> options.result(line(spacing, each)));
    }

    private static String line(String spacing, Case each) {
        return String.format(
                Locale.ROOT,
                "{\"what\":\"%s\",\"entries\":\"%s\",\"target\":\"%s\",\"lookups\":%d,\"p50us\":%.1f,\"meanUs\":%.1f,"
                        + "\"p90us\":%.1f}",
                each.what,
                spacing,
                each.target,
                each.times.getTotalCount(),
                each.times.getValueAtPercentile(50) / 1e3,
                each.times.getMean() / 1e3,
                each.times.getValueAtPercentile(90) / 1e3);
    }

    private static long[] ascending(String spacing, long first, long seed) {
        Random random = new Random(seed);
        long[] keys = new long[ENTRIES];
        long key = first;
        for (int i = 0; i < ENTRIES; i++) {
            key += IndexLookupBenchmark.step(spacing, random);
            keys[i] = key;
        }
        return keys;
    }

    private static void write(Path offsetFile, Path timeFile, long[] offsets, long[] times) {
        int offsetBytes = ENTRIES * OffsetIndex.ENTRY_SIZE;
        int timeBytes = (ENTRIES + 1) * TimeIndex.ENTRY_SIZE;
        try (OffsetIndex offsetIndex = OffsetIndex.open(offsetFile, 0, offsetBytes, true, FileFaults.NONE);
                TimeIndex timeIndex = TimeIndex.open(timeFile, 0, timeBytes, true, FileFaults.NONE)) {
            for (int i = 0; i < ENTRIES; i++) {
                offsetIndex.append(offsets[i], i * 4096);
                timeIndex.maybeAppend(times[i], offsets[i], false);
            }
            offsetIndex.trim();
            timeIndex.trim();
            offsetIndex.force();
            timeIndex.force();
        }
    }

    /** Has the page cache forget the file. */
    private static void drop(Path file) throws IOException, InterruptedException {
        Process dropping = new ProcessBuilder("dd", "if=" + file, "iflag=nocache", "count=0", "status=none")
                .inheritIO()
                .start();
        if (dropping.waitFor() != 0) {
            throw new IOException("dd could not drop the pages of " + file);
        }
        try (StorageFile opened = StorageFile.open(file, StorageFile.Mode.READ, FileFaults.NONE);
                MappedRegion pages = MappedRegion.map(opened, 0, Math.toIntExact(opened.size()), false)) {
            if (pages.isInCache()) {
                throw new IOException("the pages of " + file + " are all still in memory");
            }
        }
    }

    /** Opens an index and looks up, with the time of both; closing it is not in it. */
    @SuppressWarnings("try") // neither index throws InterruptedException when it is closed
    private static <T extends AutoCloseable> Lookup in(Opener<T> opener, Finder<T> finder) {
        return (file, key) -> {
            long startNs = System.nanoTime();
            try (T index = opener.open(file)) {
                long found = finder.find(index, key);
                return elapsed(startNs, found, key);
            }
        };
    }

    private static long elapsed(long startNs, long found, long key) {
        long elapsedNs = System.nanoTime() - startNs;
        if (found != key) {
            throw new IllegalStateException("found " + found + " for " + key);
        }
        return elapsedNs;
    }
}
