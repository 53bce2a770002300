package io.millrace.broker.replica;

/**
 * What the connections to leaders have in common.
 *
 * @param answerBytesMax what is larger is not an answer: a broken length must not cost that much memory
 * @param timeoutMs {@code replica.socket.timeout.ms}: how long an answer may take
 * @param receiveBufferBytes of the socket; -1 leaves it to the system, which adapts it
 * @param connectMs {@code socket.connection.setup.timeout.ms}
 * @param connectMsMax {@code socket.connection.setup.timeout.max.ms}
 */
public record ConnectionOptions(
        int answerBytesMax, int timeoutMs, int receiveBufferBytes, long connectMs, long connectMsMax) {}
