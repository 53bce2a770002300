package io.millrace.broker.admin;

import io.millrace.broker.kraft.KraftConfig;
import io.millrace.log.compact.CleanerSettings;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.storage.internals.log.CleanerConfig;

/** Translates the settings of the log cleaner from Kafka's form. Stateless. */
final class CleanerSettingsReader {
    private CleanerSettingsReader() {}

    /** Throws {@link ConfigException} where no cleaner could run with them. */
    static CleanerSettings read(KraftConfig broker) {
        CleanerConfig cleaner = new CleanerConfig(broker);
        try {
            return new CleanerSettings(
                    cleaner.enableCleaner,
                    cleaner.numThreads,
                    cleaner.dedupeBufferSize,
                    cleaner.dedupeBufferLoadFactor,
                    cleaner.ioBufferSize,
                    cleaner.maxIoBytesPerSecond,
                    cleaner.backoffMs);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(e.getMessage());
        }
    }
}
