package io.millrace.broker.cli;

import io.millrace.log.inspect.RecordWalker;
import io.millrace.log.inspect.VerifyOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether offsets may be missing, for the commands that look for holes. */
final class CompactedOption {
    @Option(
            names = "--compacted",
            description = "Offsets may be missing anywhere; without it below what the cleaner has noted only.")
    private boolean compacted;

    VerifyOptions verifyOptions(final @Nullable RecordWalker walker, final boolean inUse) {
        return new VerifyOptions(walker, compacted, inUse);
    }
}
