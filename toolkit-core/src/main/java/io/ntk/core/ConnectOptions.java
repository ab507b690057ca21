package io.ntk.core;

import static java.util.Objects.requireNonNull;

import io.ntk.core.Endpoint.Inet;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where and how a client connects.
 *
 * @param endpoint where to
 * @param timeout for everything until the connection can be used, TLS and proxy included; more than zero, at most 365 days
 * @param tls TLS, or null for none
 * @param proxy who connects for us, or null
 * @param source the address, and the port unless that is 0, to connect from, or null
 * @param socket options of the socket
 */
public record ConnectOptions(
        Endpoint endpoint,
        Duration timeout,
        @Nullable TlsClientOptions tls,
        @Nullable ProxyOptions proxy,
        @Nullable Inet source,
        SocketOptions socket) {
    /** How long a connection may take unless told otherwise. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    /** Checks the parts. */
    public ConnectOptions {
        requireNonNull(endpoint, "endpoint");
        requireNonNull(socket, "socket");
        if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(Limits.MAX_TIME) > 0) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: more than zero, at most 365 days)");
        }
        if (endpoint instanceof Inet inet && inet.port() == 0) {
            throw new IllegalArgumentException("port: 0 (expected: 1 to 65535 to connect to)");
        }
        if (endpoint instanceof Endpoint.Unix && (proxy != null || source != null)) {
            throw new IllegalArgumentException(
                    "endpoint: " + endpoint + " (expected: HOST:PORT together with a proxy or a source address)");
        }
    }

    /**
     * Everything by default.
     *
     * @param endpoint where to
     * @return the options
     */
    public static ConnectOptions to(Endpoint endpoint) {
        return new ConnectOptions(endpoint, DEFAULT_TIMEOUT, null, null, null, SocketOptions.DEFAULTS);
    }

    /**
     * A copy with another timeout.
     *
     * @param time more than zero
     * @return the copy
     */
    public ConnectOptions withTimeout(Duration time) {
        return new ConnectOptions(endpoint, time, tls, proxy, source, socket);
    }

    /**
     * A copy with TLS.
     *
     * @param options TLS, or null for none
     * @return the copy
     */
    public ConnectOptions withTls(@Nullable TlsClientOptions options) {
        return new ConnectOptions(endpoint, timeout, options, proxy, source, socket);
    }

    /**
     * A copy that goes through a proxy.
     *
     * @param options the proxy, or null for none
     * @return the copy
     */
    public ConnectOptions withProxy(@Nullable ProxyOptions options) {
        return new ConnectOptions(endpoint, timeout, tls, options, source, socket);
    }

    /**
     * A copy that connects from an address.
     *
     * @param address the address, or null for the system's choice
     * @return the copy
     */
    public ConnectOptions withSource(@Nullable Inet address) {
        return new ConnectOptions(endpoint, timeout, tls, proxy, address, socket);
    }

    /**
     * A copy with other socket options.
     *
     * @param options of the socket
     * @return the copy
     */
    public ConnectOptions withSocket(SocketOptions options) {
        return new ConnectOptions(endpoint, timeout, tls, proxy, source, options);
    }
}
