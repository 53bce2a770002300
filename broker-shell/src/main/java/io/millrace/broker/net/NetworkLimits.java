package io.millrace.broker.net;

import io.netty.channel.WriteBufferWaterMark;
import java.util.concurrent.TimeUnit;

/**
 * What one connection may ask of the process.
 *
 * @param requestBytesMax largest frame ({@code socket.request.max.bytes})
 * @param inFlightMax requests that wait for their answer before reading stops
 * @param outstandingBytesMax response bytes that the client has not taken before reading stops
 * @param frameTimeoutNs time a frame may take from its first byte, plus one second for each MiB announced
 * @param idleNs time without a request before the connection is closed ({@code connections.max.idle.ms})
 */
public record NetworkLimits(
        int requestBytesMax, int inFlightMax, long outstandingBytesMax, long frameTimeoutNs, long idleNs) {

    /** Kafka's defaults where Kafka has the setting. */
    public static final NetworkLimits DEFAULT = new NetworkLimits(
            100 * 1024 * 1024, 256, 4 * 1024 * 1024, TimeUnit.SECONDS.toNanos(30), TimeUnit.MINUTES.toNanos(10));

    /** Bytes of the channel that wait for the socket: reading stops above, and goes on at half of it. */
    WriteBufferWaterMark waitingToBeSent() {
        int most = (int) Math.min(outstandingBytesMax, Integer.MAX_VALUE);
        return new WriteBufferWaterMark(most / 2, most);
    }

    long frameDeadlineNs(long nowNs, int announced) {
        return nowNs + frameTimeoutNs + TimeUnit.SECONDS.toNanos(announced >> 20);
    }
}
