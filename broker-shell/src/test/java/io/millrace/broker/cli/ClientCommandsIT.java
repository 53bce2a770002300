package io.millrace.broker.cli;

import io.millrace.broker.it.support.BrokerUnderTest;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The client commands against Millrace. */
class ClientCommandsIT extends ClientCommandsScenario {
    @RegisterExtension
    static final BrokerUnderTest BROKER = BrokerUnderTest.with("num.partitions", "1");

    @Override
    String server() {
        return BROKER.bootstrap();
    }
}
