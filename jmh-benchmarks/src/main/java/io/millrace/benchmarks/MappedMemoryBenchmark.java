package io.millrace.benchmarks;

import io.millrace.mapped.FileFaults;
import io.millrace.mapped.MappedRegion;
import io.millrace.mapped.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import net.openhft.chronicle.bytes.MappedBytes;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Is the JDK's access to mapped memory as fast as Chronicle Bytes'? Stores of a buffer and loads of an int, over pages
 * that are in memory: the figures behind docs/decisions/0004.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        // Chronicle's mapped bytes need them; nothing of ours does.
        jvmArgsAppend = {
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"
        })
public class MappedMemoryBenchmark {
    private static final int LENGTH = 32 << 20;
    private static final int PLACES = 1 << 14;

    /** Bytes of one store. */
    @Param({"100", "1024", "16384"})
    public int bytes;

    private final int[] places = new int[PLACES];
    private ByteBuffer source;
    private ScratchDirectory directory;
    private StorageFile file;
    private MappedRegion region;
    private MappedBytes chronicle;
    private int next;
    private int cursor;

    /** Maps one file with each, all pages present. */
    @Setup
    public void map() throws IOException {
        directory = ScratchDirectory.create();
        file = StorageFile.open(directory.resolve("ours"), StorageFile.Mode.CREATE, FileFaults.NONE);
        file.writeFully(ByteBuffer.allocate(LENGTH), 0);
        region = MappedRegion.map(file, 0, LENGTH, true);
        Path other = directory.resolve("chronicle");
        chronicle = MappedBytes.mappedBytes(other.toFile(), LENGTH, 0);
        source = ByteBuffer.allocateDirect(bytes);
        for (int at = 0; at < LENGTH; at += 4096) {
            region.putLong(at, at);
            chronicle.writeLong(at, at);
        }
        Random random = new Random(42);
        for (int i = 0; i < PLACES; i++) {
            places[i] = random.nextInt(LENGTH / 8) * 8;
        }
    }

    /** Unmaps and removes. */
    @TearDown
    public void unmap() throws IOException {
        region.close();
        file.close();
        chronicle.releaseLast();
        directory.close();
    }

    /** A buffer stored by the JDK. */
    @Benchmark
    public void store() {
        region.putBytes(nextCursor(), source, 0, bytes);
    }

    /** A buffer stored by Chronicle Bytes. */
    @Benchmark
    public void chronicleStore() {
        chronicle.write(nextCursor(), source, 0, bytes);
    }

    /** An int loaded by the JDK. */
    @Benchmark
    public int load() {
        return region.getInt(nextPlace());
    }

    /** An int loaded by Chronicle Bytes. */
    @Benchmark
    public int chronicleLoad() {
        return Integer.reverseBytes(chronicle.readInt(nextPlace()));
    }

    private int nextCursor() {
        int at = cursor;
        cursor = at + 2 * bytes > LENGTH ? 0 : at + bytes;
        return at;
    }

    private int nextPlace() {
        next = (next + 1) & (PLACES - 1);
        return places[next];
    }
}
