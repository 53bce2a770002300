package io.millrace.broker.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace start}: one node in the foreground, until SIGTERM or Ctrl-C. */
@Command(
        name = "start",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Start a node: controller, broker, or both, which is the default.")
public final class StartCommand implements Callable<Integer> {
    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Override
    public Integer call() throws Exception {
        return new ForegroundNode(server.load()).run();
    }
}
