package io.millrace.broker.request.produce;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;
import org.apache.kafka.common.record.internal.CompressionType;
import org.jspecify.annotations.Nullable;

/**
 * Inflates the records of small batches without streams and without garbage: LZ4 frames as Kafka's clients and librdkafka write them, and
 * Zstandard. Whatever else there is (other codecs, frames with options, bytes behind the frame, too much) it leaves: Kafka's own classes
 * read that, and say what is wrong with it.
 *
 * <p>LZ4 frame, numbers little endian: magic (4 bytes), options {@code 0x60} (version 1, independent blocks), block size class, header
 * checksum, then blocks of a size (4 bytes, the top bit where the block is not compressed) and so many bytes, then a size of 0.
 *
 * <p>Owned by one thread; keeps its decompressors, which hold native memory for as long as their loop lives.
 */
final class Inflater {
    static final int LEFT = -1;

    /** One-shot decompression pays off below; above the caller's limit is passed anyhow. */
    private static final int COMPRESSED_BYTES_MAX = 64 * 1024;

    private static final int LZ4_MAGIC = 0x184D2204;
    private static final byte LZ4_OPTIONS = 0x60;
    private static final int LZ4_HEADER_SIZE = Integer.BYTES + 3;
    private static final int LZ4_SIZE_CLASS_MIN = 4;
    private static final byte[] LZ4_CHECKSUMS = lz4Checksums();

    private @Nullable LZ4SafeDecompressor lz4;
    private @Nullable ZstdDecompressCtx zstd;

    /**
     * Inflates {@code source}, from {@code from} to {@code end}, into {@code target} from {@code at} on; both direct, neither is moved.
     *
     * @return where the inflated bytes end, or {@link #LEFT}
     */
    int inflate(int codec, ByteBuffer source, int from, int end, ByteBuffer target, int at) {
        if (!source.isDirect() || end - from > COMPRESSED_BYTES_MAX) {
            return LEFT;
        }
        try {
            if (codec == CompressionType.LZ4.id) {
                return inflateLz4(source, from, end, target, at);
            }
            return codec == CompressionType.ZSTD.id ? inflateZstd(source, from, end, target, at) : LEFT;
        } catch (LZ4Exception | ZstdException notForUs) {
            return LEFT;
        }
    }

    private int inflateZstd(ByteBuffer source, int from, int end, ByteBuffer target, int at) {
        ZstdDecompressCtx context = zstd;
        if (context == null) {
            context = new ZstdDecompressCtx();
            zstd = context;
        }
        return at + context.decompressDirectByteBuffer(target, at, target.capacity() - at, source, from, end - from);
    }

    private int inflateLz4(ByteBuffer source, int from, int end, ByteBuffer target, int at) {
        int blockMax = lz4BlockMax(source, from, end);
        int position = from + LZ4_HEADER_SIZE;
        int out = at;
        while (blockMax > 0 && end - position >= Integer.BYTES) {
            int size = Integer.reverseBytes(source.getInt(position));
            position += Integer.BYTES;
            int length = size & Integer.MAX_VALUE;
            if (length == 0) {
                return size == 0 && position == end ? out : LEFT;
            }
            int room = Math.min(blockMax, target.capacity() - out);
            if (length > end - position || (size < 0 && length > room)) {
                return LEFT;
            }
            if (size < 0) {
                target.put(out, source, position, length);
                out += length;
            } else {
                out += lz4().decompress(source, position, length, target, out, room);
            }
            position += length;
        }
        return LEFT;
    }

    /** Most bytes of an inflated block, 0 where the frame is not one of ours. */
    private static int lz4BlockMax(ByteBuffer source, int from, int end) {
        if (end - from < LZ4_HEADER_SIZE
                || Integer.reverseBytes(source.getInt(from)) != LZ4_MAGIC
                || source.get(from + Integer.BYTES) != LZ4_OPTIONS) {
            return 0;
        }
        byte descriptor = source.get(from + Integer.BYTES + 1);
        int sizeClass = (descriptor >> 4) - LZ4_SIZE_CLASS_MIN;
        boolean known = (descriptor & 0x8f) == 0 && sizeClass >= 0;
        return known && source.get(from + Integer.BYTES + 2) == LZ4_CHECKSUMS[sizeClass]
                ? 1 << (2 * (sizeClass + LZ4_SIZE_CLASS_MIN) + Byte.SIZE)
                : 0;
    }

    private LZ4SafeDecompressor lz4() {
        LZ4SafeDecompressor decompressor = lz4;
        if (decompressor == null) {
            decompressor = LZ4Factory.fastestInstance().safeDecompressor();
            lz4 = decompressor;
        }
        return decompressor;
    }

    /** The second byte of the hash of options and descriptor, for 64 KiB, 256 KiB, 1 MiB and 4 MiB. */
    private static byte[] lz4Checksums() {
        XXHash32 hash = XXHashFactory.safeInstance().hash32();
        byte[] checksums = new byte[4];
        for (int i = 0; i < checksums.length; i++) {
            byte[] descriptor = {LZ4_OPTIONS, (byte) ((i + LZ4_SIZE_CLASS_MIN) << 4)};
            checksums[i] = (byte) (hash.hash(descriptor, 0, descriptor.length, 0) >> Byte.SIZE);
        }
        return checksums;
    }
}
