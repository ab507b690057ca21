package io.ntk.cli;

import static java.util.Objects.requireNonNullElse;

import io.ntk.core.AccessList;
import io.ntk.core.Cidr;
import io.ntk.core.Limits;
import io.ntk.core.ListenOptions;
import io.ntk.core.OpenFiles;
import io.ntk.core.SocketOptions;
import io.ntk.core.TlsOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where a server listens and what it grants its peers: on every server. What is not given is as the library has it. */
@Section("Listening")
final class ListenMixin {
    @Mixin
    EndpointMixin where = new EndpointMixin();

    @Range(min = 1, max = 1024)
    @Option(names = "--loops", paramLabel = "N", description = "Event loops (default: one for each core).")
    @Nullable
    Integer loops;

    @Range(min = 1)
    @Option(
            names = "--backlog",
            paramLabel = "N",
            description = "Connections that the kernel holds ready (default: 4096).")
    @Nullable
    Integer backlog;

    @Option(
            names = "--unix-mode",
            paramLabel = "MODE",
            converter = Converters.Mode.class,
            description = "Permissions of the file of a Unix socket, octal (default: 600).")
    @Nullable
    Integer unixMode;

    @Range(min = 1)
    @Option(
            names = "--max-connections",
            paramLabel = "N",
            description = "Connections at a time (default: 16384, or the open-file limit - 128 if that is less).")
    @Nullable
    Integer maxConnections;

    @Range(min = 1)
    @Option(
            names = "--max-per-address",
            paramLabel = "N",
            description = "Connections at a time from one address (default: 256).")
    @Nullable
    Integer maxPerAddress;

    @Range(min = 1)
    @Option(
            names = "--accept-rate",
            paramLabel = "N",
            description = "New connections a second from one address (default: 1000).")
    @Nullable
    Integer acceptRate;

    @Option(names = "--count-loopback", description = "The limits by address hold for loopback too.")
    boolean countLoopback;

    @Option(
            names = "--allow",
            paramLabel = "ADDRESS",
            split = ",",
            description = "Let in this address or block (10.0.0.0/8), and only those named. Repeatable.")
    List<Cidr> allow = new ArrayList<>();

    @Option(
            names = "--deny",
            paramLabel = "ADDRESS",
            split = ",",
            description = "Never let in this address or block, whatever --allow says. Repeatable.")
    List<Cidr> deny = new ArrayList<>();

    @Option(
            names = "--idle",
            paramLabel = "TIME",
            description = "Close a connection without a byte for so long (default: 0, never).")
    @Nullable
    Duration idle;

    @Option(
            names = "--handshake-timeout",
            paramLabel = "TIME",
            description = "Time for TLS and the like (default: 10s).")
    @Nullable
    Duration handshake;

    @Option(
            names = "--write-stall",
            paramLabel = "TIME",
            description = "Close a connection that takes no data for so long (default: 30s).")
    @Nullable
    Duration writeStall;

    @Option(
            names = "--drain",
            paramLabel = "TIME",
            description = "How long to wait for connections when ending (default: 5s).")
    @Nullable
    Duration drain;

    /** The options for a server. */
    ListenOptions options(int defaultPort, @Nullable TlsOptions tls, SocketOptions socket) {
        ListenOptions base = ListenOptions.loopback(defaultPort);
        return new ListenOptions(
                where.endpoints(base.endpoints()),
                requireNonNullElse(where.transport, base.transport()),
                requireNonNullElse(loops, base.loops()),
                tls,
                limits(base.limits()),
                new AccessList(allow, deny),
                backlog == null ? socket : withBacklog(socket, backlog),
                requireNonNullElse(unixMode, base.unixMode()));
    }

    /** Warns of limits that the system will not carry. */
    void warn(Output output) {
        long openFiles = OpenFiles.limit();
        if (maxConnections != null && maxConnections > openFiles - 128) {
            output.warning(
                    "--max-connections %d is more than the open-file limit of %d carries; raise it with ulimit -n %d"
                            .formatted(maxConnections, openFiles, maxConnections + 128));
        }
    }

    private Limits limits(Limits base) {
        return new Limits(
                requireNonNullElse(maxConnections, base.maxConnections()),
                requireNonNullElse(maxPerAddress, base.maxPerAddress()),
                requireNonNullElse(acceptRate, base.acceptRate()),
                countLoopback,
                requireNonNullElse(handshake, base.handshake()),
                requireNonNullElse(writeStall, base.writeStall()),
                requireNonNullElse(idle, base.idle()),
                requireNonNullElse(drain, base.drain()));
    }

    private static SocketOptions withBacklog(SocketOptions socket, int backlog) {
        return new SocketOptions(
                backlog,
                socket.receiveBuffer(),
                socket.sendBuffer(),
                socket.noDelay(),
                socket.keepAlive(),
                socket.reusePort(),
                socket.linger(),
                socket.trafficClass());
    }
}
