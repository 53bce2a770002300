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

    /** Throws {@link ConfigException} where Kafka would not change them so far at once: it halves or doubles the threads, at most. */
    static void requireChange(CleanerSettings now, CleanerSettings next) {
        if (next.equals(now)) {
            return;
        }
        if (next.threads() < 1) {
            throw new ConfigException("Log cleaner threads should be at least 1");
        }
        if (next.threads() < now.threads() / 2) {
            throw new ConfigException(
                    "Log cleaner threads cannot be reduced to less than half the current value " + now.threads());
        }
        if (next.threads() > now.threads() * 2) {
            throw new ConfigException(
                    "Log cleaner threads cannot be increased to more than double the current value " + now.threads());
        }
    }
}
