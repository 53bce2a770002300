package io.millrace.perf.machine;

import io.millrace.perf.report.Numbers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Measures the limits, a second or so each. Stateless. */
public final class Limits {
    private static final int PIECE = 64 << 10;
    private static final int FILE_BYTES = 256 << 20;
    private static final int MAPPED_BYTES = 64 << 20;
    private static final long TIME_NS = 700_000_000L;
    private static final int SYNCS = 200;
    private static final int SYNC_BYTES = 4 << 10;
    private static final double GB = 1e9;

    private Limits() {}

    /** What is measured, a source of bytes that pushes them into a socket until it has lasted long enough. */
    @FunctionalInterface
    private interface Source {
        long send(SocketChannel to) throws IOException;
    }

    /** All of them, words to value; files are made in a directory and removed. */
    public static Map<String, String> measure(Path directory) throws IOException, InterruptedException {
        Map<String, String> limits = new LinkedHashMap<>();
        Path file = Files.createTempFile(directory, "perf-tests-limits-", ".dat");
        try {
            ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
            limits.put("loopback TCP, writes of 64 KiB", rate(throughSocket(to -> {
                piece.clear();
                return to.write(piece);
            })));
            limits.put("memory copy into a mapped file", rate(copyIntoMapping(file)));
            fill(file);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                long[] position = {0};
                limits.put("sendfile over loopback, 1 MiB", rate(throughSocket(to -> {
                    long sent = channel.transferTo(position[0], 1 << 20, to);
                    position[0] = (position[0] + sent) % FILE_BYTES;
                    return sent;
                })));
            }
            limits.put("append of 4 KiB and sync of the disk", syncs(file));
        } finally {
            Files.deleteIfExists(file);
        }
        return limits;
    }

    private static String rate(double bytesPerSecond) {
        return Numbers.of(bytesPerSecond / GB) + " GB/s";
    }

    /** Bytes a second through a loopback connection that another thread empties. */
    private static double throughSocket(Source source) throws IOException, InterruptedException {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (SocketChannel to = SocketChannel.open(server.getLocalAddress());
                    SocketChannel from = server.accept()) {
                Thread reader = new Thread(() -> drain(from), "limits-reader");
                reader.start();
                long sent = 0;
                long startNs = System.nanoTime();
                long elapsedNs = 0;
                while (elapsedNs < TIME_NS) {
                    sent += source.send(to);
                    elapsedNs = System.nanoTime() - startNs;
                }
                to.shutdownOutput();
                reader.join();
                return sent * 1e9 / elapsedNs;
            }
        }
    }

    private static void drain(SocketChannel from) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        try {
            while (from.read(buffer) >= 0) {
                buffer.clear();
            }
        } catch (IOException e) {
            // The writer sees it too, and fails.
            assert e != null;
        }
    }

    /** Into pages that are there already: the first pass over them is not counted. */
    private static double copyIntoMapping(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, MAPPED_BYTES);
            byte[] piece = new byte[PIECE];
            copy(mapped, piece);
            long copied = 0;
            long startNs = System.nanoTime();
            while (System.nanoTime() - startNs < TIME_NS) {
                copied += copy(mapped, piece);
            }
            return copied * 1e9 / (System.nanoTime() - startNs);
        }
    }

    private static long copy(MappedByteBuffer mapped, byte[] piece) {
        mapped.clear();
        while (mapped.hasRemaining()) {
            mapped.put(piece);
        }
        return MAPPED_BYTES;
    }

    private static void fill(Path file) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer piece = ByteBuffer.allocateDirect(1 << 20);
            for (int i = 0; i < FILE_BYTES >> 20; i++) {
                piece.clear();
                channel.write(piece);
            }
        }
    }

    private static String syncs(Path file) throws IOException {
        long[] ns = new long[SYNCS];
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer block = ByteBuffer.allocateDirect(SYNC_BYTES);
            for (int i = 0; i < SYNCS; i++) {
                long startNs = System.nanoTime();
                block.clear();
                channel.write(block);
                channel.force(false);
                ns[i] = System.nanoTime() - startNs;
            }
        }
        Arrays.sort(ns);
        return Numbers.of(ns[SYNCS / 2] / 1e6) + " ms p50, " + Numbers.of(ns[SYNCS * 99 / 100] / 1e6) + " ms p99";
    }
}
