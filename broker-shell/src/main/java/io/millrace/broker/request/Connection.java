package io.millrace.broker.request;

import java.net.InetAddress;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/** What a request may know of the connection it came on. Implemented by the network layer; any thread. */
public interface Connection {

    /** {@code local address-remote address-number}, as Kafka writes it; unique while the process lives. */
    String id();

    InetAddress clientAddress();

    int clientPort();

    ListenerName listener();

    SecurityProtocol securityProtocol();

    KafkaPrincipal principal();

    /** Name and version that the client gave in ApiVersions, or unknown. */
    ClientInformation clientInformation();

    /** Keeps what the client said of itself (KIP-511). */
    void clientInformation(ClientInformation information);

    /** The event loop of the connection: what runs here runs between its requests, never beside them. */
    ScheduledExecutorService loop();

    /** Takes no further request for so long; answers leave all the same. Any thread. */
    void pause(int milliseconds);

    /** False as soon as the connection is gone; an answer then goes nowhere. */
    boolean isOpen();
}
