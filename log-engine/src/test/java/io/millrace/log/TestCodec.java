package io.millrace.log;

import io.millrace.log.compact.RecordCodec;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/** Kafka's codecs, lent to the cleaner. */
final class TestCodec implements RecordCodec {
    @Override
    public InputStream inflate(int codec, ByteBuffer compressed) {
        return compression(codec).wrapForInput(compressed, RecordBatch.MAGIC_VALUE_V2, BufferSupplier.create());
    }

    @Override
    public ByteBuffer deflate(int codec, ByteBuffer records) throws IOException {
        ByteBufferOutputStream target = new ByteBufferOutputStream(512);
        try (OutputStream stream = compression(codec).wrapForOutput(target, RecordBatch.MAGIC_VALUE_V2)) {
            stream.write(records.array(), records.arrayOffset() + records.position(), records.remaining());
        }
        return target.buffer().flip();
    }

    static Compression compression(int codec) {
        return Compression.of(CompressionType.forId(codec)).build();
    }
}
