package io.millrace.broker.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code millrace log}: looks at the files of logs, of Millrace's and of Apache Kafka's directories, without a node. */
@Command(
        name = "log",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Look at the files of logs: dump, verify, repair, tail. Without a node, and beside one.",
        subcommands = {LogDumpCommand.class, LogVerifyCommand.class, LogRepairCommand.class, LogTailCommand.class})
public final class LogCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        throw new UsageException("one of dump, verify, repair and tail is needed");
    }
}
