package io.millrace.broker.partition;

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

/** Kafka's codecs, lent to the cleaner of the logs. Compresses at each codec's own level, as Kafka's cleaner does. Stateless. */
public final class RecordCodecs implements RecordCodec {
    private static final int FIRST_BUFFER_BYTES = 4096;

    @Override
    public InputStream inflate(int codec, ByteBuffer compressed) {
        return of(codec).wrapForInput(compressed, RecordBatch.MAGIC_VALUE_V2, BufferSupplier.NO_CACHING);
    }

    @Override
    public ByteBuffer deflate(int codec, ByteBuffer records) throws IOException {
        ByteBufferOutputStream target = new ByteBufferOutputStream(FIRST_BUFFER_BYTES);
        try (OutputStream stream = of(codec).wrapForOutput(target, RecordBatch.MAGIC_VALUE_V2)) {
            stream.write(records.array(), records.arrayOffset() + records.position(), records.remaining());
        }
        return target.buffer().flip();
    }

    private static Compression of(int codec) {
        return Compression.of(CompressionType.forId(codec)).build();
    }
}
