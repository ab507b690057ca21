package io.ntk.cli;

import static java.util.Objects.requireNonNullElse;

import io.ntk.core.AccessList;
import io.ntk.core.Cidr;
import io.ntk.core.Endpoint;
import io.ntk.core.ListenOptions;
import io.ntk.core.SocketOptions;
import io.ntk.udp.DatagramOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where a datagram server listens, and its sockets. What is not given is as the library has it. */
@Section("Listening")
final class DatagramListenMixin {
    @Mixin
    EndpointMixin where = new EndpointMixin();

    @Range(min = 1, max = 1024)
    @Option(
            names = "--loops",
            paramLabel = "N",
            description = "Event loops, each with a socket of its own where --reuseport is given (default: one for each"
                    + " core).")
    @Nullable
    Integer loops;

    @Option(
            names = "--reuseport",
            description = "A socket for each event loop; the kernel spreads the peers over them.")
    boolean reusePort;

    @Option(
            names = "--receive-buffer",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "Receive buffer to ask for; what was granted is told (default: 16MiB).")
    @Nullable
    Integer receiveBuffer;

    @Option(
            names = "--send-buffer",
            paramLabel = "SIZE",
            converter = Converters.SmallSize.class,
            description = "Send buffer to ask for; what was granted is told (default: the kernel's choice).")
    @Nullable
    Integer sendBuffer;

    @Range(min = 0, max = 255)
    @Option(names = "--tos", paramLabel = "N", description = "IP_TOS, 0 to 255 (default: 0).")
    @Nullable
    Integer trafficClass;

    @Option(
            names = "--unix-mode",
            paramLabel = "MODE",
            converter = Converters.Mode.class,
            description = "Permissions of the file of a Unix socket, octal (default: 600).")
    @Nullable
    Integer unixMode;

    @Option(
            names = "--allow",
            paramLabel = "ADDRESS",
            split = ",",
            description = "Take datagrams from this address or block (10.0.0.0/8), and only those named. Repeatable.")
    List<Cidr> allow = new ArrayList<>();

    @Option(
            names = "--deny",
            paramLabel = "ADDRESS",
            split = ",",
            description = "Never take datagrams from this address or block, whatever --allow says. Repeatable.")
    List<Cidr> deny = new ArrayList<>();

    /** The options for a server; where no endpoint was named, it listens on the given ones. */
    ListenOptions options(List<Endpoint> otherwise) {
        ListenOptions base = DatagramOptions.DEFAULTS.listen();
        SocketOptions socket = base.socket();
        return base.withEndpoints(where.endpoints(otherwise))
                .withTransport(
                        requireNonNullElse(where.transport, base.transport()), requireNonNullElse(loops, base.loops()))
                .withAccess(new AccessList(allow, deny))
                .withUnixMode(requireNonNullElse(unixMode, base.unixMode()))
                .withSocket(new SocketOptions(
                        socket.backlog(),
                        requireNonNullElse(receiveBuffer, socket.receiveBuffer()),
                        requireNonNullElse(sendBuffer, socket.sendBuffer()),
                        socket.noDelay(),
                        socket.keepAlive(),
                        reusePort,
                        socket.linger(),
                        requireNonNullElse(trafficClass, socket.trafficClass())));
    }
}
