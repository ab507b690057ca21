package io.ntk.core;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where and how a server listens: part of every server's own options.
 *
 * @param endpoints where to listen, at least one; all are served by the same event loops
 * @param transport the transport, when the server makes its own event loops
 * @param loops how many of them, 0 for one per core
 * @param tls TLS on every endpoint, or null for none
 * @param limits what peers are granted
 * @param access which addresses are let in
 * @param socket options of the sockets
 * @param unixMode permissions of the files of Unix sockets, 0 to 0777
 */
public record ListenOptions(
        List<Endpoint> endpoints,
        Transport transport,
        int loops,
        @Nullable TlsOptions tls,
        Limits limits,
        AccessList access,
        SocketOptions socket,
        int unixMode) {
    /** A Unix socket is its owner's alone unless told otherwise. */
    public static final int DEFAULT_UNIX_MODE = 0600;

    /** Checks the parts and takes a copy of the list. */
    public ListenOptions {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("endpoints: none (expected: at least one)");
        }
        requireNonNull(transport, "transport");
        requireNonNull(limits, "limits");
        requireNonNull(access, "access");
        requireNonNull(socket, "socket");
        if (loops < 0 || loops > 1024) {
            throw new IllegalArgumentException("loops: " + loops + " (expected: 0 to 1024)");
        }
        if (unixMode < 0 || unixMode > 0777) {
            throw new IllegalArgumentException(
                    "unixMode: " + Integer.toOctalString(unixMode) + " (expected: 0 to 777, octal)");
        }
    }

    /**
     * Loopback alone, with every default.
     *
     * @param port 0 for a free one
     * @return the options
     */
    public static ListenOptions loopback(int port) {
        return on(new Endpoint.Inet(Endpoint.LOOPBACK, port));
    }

    /**
     * The given endpoints, with every default.
     *
     * @param endpoints at least one
     * @return the options
     */
    public static ListenOptions on(Endpoint... endpoints) {
        return new ListenOptions(
                List.of(endpoints),
                Transport.AUTO,
                0,
                null,
                Limits.DEFAULTS,
                AccessList.ALL,
                SocketOptions.DEFAULTS,
                DEFAULT_UNIX_MODE);
    }

    /**
     * A copy on other endpoints.
     *
     * @param others at least one
     * @return the copy
     */
    public ListenOptions withEndpoints(List<Endpoint> others) {
        return new ListenOptions(others, transport, loops, tls, limits, access, socket, unixMode);
    }

    /**
     * A copy with other event loops.
     *
     * @param newTransport the transport
     * @param newLoops how many loops, 0 for one per core
     * @return the copy
     */
    public ListenOptions withTransport(Transport newTransport, int newLoops) {
        return new ListenOptions(endpoints, newTransport, newLoops, tls, limits, access, socket, unixMode);
    }

    /**
     * A copy with TLS.
     *
     * @param options TLS, or null for none
     * @return the copy
     */
    public ListenOptions withTls(@Nullable TlsOptions options) {
        return new ListenOptions(endpoints, transport, loops, options, limits, access, socket, unixMode);
    }

    /**
     * A copy with other limits.
     *
     * @param others the limits
     * @return the copy
     */
    public ListenOptions withLimits(Limits others) {
        return new ListenOptions(endpoints, transport, loops, tls, others, access, socket, unixMode);
    }

    /**
     * A copy that lets in other addresses.
     *
     * @param list who is let in
     * @return the copy
     */
    public ListenOptions withAccess(AccessList list) {
        return new ListenOptions(endpoints, transport, loops, tls, limits, list, socket, unixMode);
    }

    /**
     * A copy with other socket options.
     *
     * @param options of the sockets
     * @return the copy
     */
    public ListenOptions withSocket(SocketOptions options) {
        return new ListenOptions(endpoints, transport, loops, tls, limits, access, options, unixMode);
    }

    /**
     * A copy with other permissions of Unix sockets.
     *
     * @param mode 0 to 0777
     * @return the copy
     */
    public ListenOptions withUnixMode(int mode) {
        return new ListenOptions(endpoints, transport, loops, tls, limits, access, socket, mode);
    }
}
