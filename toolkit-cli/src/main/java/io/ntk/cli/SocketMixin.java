package io.ntk.cli;

import io.ntk.core.SocketOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the sockets of servers and clients. */
@Section("Sockets")
final class SocketMixin {
    @Option(
            names = "--so-rcvbuf",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "Receive buffer (default: the kernel tunes it).")
    @Nullable
    Integer receiveBuffer;

    @Option(
            names = "--so-sndbuf",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "Send buffer (default: the kernel tunes it).")
    @Nullable
    Integer sendBuffer;

    @Option(
            names = "--nodelay",
            negatable = true,
            fallbackValue = "true",
            description = "Send small writes at once (default).")
    @Nullable
    Boolean noDelay;

    @Option(
            names = "--keepalive",
            negatable = true,
            fallbackValue = "true",
            description = "Probe silent peers (default).")
    @Nullable
    Boolean keepAlive;

    @Option(names = "--reuseport", description = "Share the port with other processes (SO_REUSEPORT).")
    boolean reusePort;

    @Range(min = -1, max = 65_535)
    @Option(
            names = "--linger",
            paramLabel = "SECONDS",
            description = "SO_LINGER; 0 resets at close (default: -1, off).")
    @Nullable
    Integer linger;

    @Range(min = 0, max = 255)
    @Option(names = "--tos", paramLabel = "N", description = "IP_TOS, 0 to 255 (default: 0).")
    @Nullable
    Integer trafficClass;

    SocketOptions options() {
        SocketOptions base = SocketOptions.DEFAULTS;
        return new SocketOptions(
                base.backlog(),
                receiveBuffer == null ? base.receiveBuffer() : receiveBuffer,
                sendBuffer == null ? base.sendBuffer() : sendBuffer,
                noDelay == null ? base.noDelay() : noDelay,
                keepAlive == null ? base.keepAlive() : keepAlive,
                reusePort,
                linger == null ? base.linger() : linger,
                trafficClass == null ? base.trafficClass() : trafficClass);
    }
}
