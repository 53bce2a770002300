package io.millrace.broker.cli;

import java.util.List;

/**
 * Loads the largest families of classes of a node on a thread of its own, while the main thread reads arguments and settings. A start
 * is class loading for the most part (some 5,000 classes of the control plane), and the second core would idle meanwhile.
 *
 * <p>A help to speed and nothing else: what is not loaded here is loaded when it is needed, and what fails here fails there, where
 * somebody can tell what it means.
 */
final class ClassWarmUp {
    /** Each brings a few hundred others with it: the wire's schemas, the network, the quorum, the controller, the coordinator. */
    private static final List<String> FAMILIES = List.of(
            "org.apache.kafka.common.message.ApiMessageType",
            "org.apache.kafka.common.protocol.ApiKeys",
            "io.netty.channel.epoll.Epoll",
            "org.apache.kafka.raft.KafkaRaftClient",
            "org.apache.kafka.controller.QuorumController",
            "org.apache.kafka.coordinator.group.GroupCoordinatorService");

    private ClassWarmUp() {}

    static void begin() {
        Thread thread = new Thread(ClassWarmUp::load, "millrace-warm-up");
        thread.setDaemon(true);
        thread.start();
    }

    private static void load() {
        FAMILIES.forEach(ClassWarmUp::load);
    }

    @SuppressWarnings("EmptyCatch") // the main thread meets the same error, with a reason to need the class
    private static void load(String name) {
        try {
            Class.forName(name);
        } catch (ClassNotFoundException | LinkageError absent) {
            // Not fatal here: see the class comment.
        }
    }
}
