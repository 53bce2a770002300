package io.millrace.broker.request.data;

import io.millrace.broker.request.ClientQuotas;
import io.millrace.broker.request.produce.CompressedValidation;
import java.util.function.LongSupplier;

/**
 * What the data path reads of the node's configuration.
 *
 * @param fetchBytesMax {@code fetch.max.bytes}: bound of a fetch response
 * @param fetchSessionSlots {@code max.incremental.fetch.session.cache.slots}
 * @param inflatedBytesMax a compressed batch that inflates to more is refused with MESSAGE_TOO_LARGE
 * @param clockMs wall clock, milliseconds
 * @param quotas of the clients
 * @param compressedValidation {@code millrace.compressed.validation}
 */
public record DataPlaneSettings(
        int fetchBytesMax,
        int fetchSessionSlots,
        long inflatedBytesMax,
        LongSupplier clockMs,
        ClientQuotas quotas,
        CompressedValidation compressedValidation) {

    /** Kafka's defaults where Kafka has the setting; batches may inflate to 1 GiB. */
    public static final DataPlaneSettings DEFAULTS = new DataPlaneSettings(
            55 * 1024 * 1024, 1000, 1L << 30, System::currentTimeMillis, ClientQuotas.NONE, CompressedValidation.FULL);
}
