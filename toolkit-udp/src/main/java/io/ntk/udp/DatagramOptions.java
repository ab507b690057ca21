package io.ntk.udp;

import static java.util.Objects.requireNonNull;

import io.ntk.core.ListenOptions;
import io.ntk.core.SocketOptions;
import io.ntk.udp.guard.GuardOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a datagram service is like.
 *
 * @param listen where it listens; of it count endpoints, transport, loops, access list, the mode of Unix sockets, and
 *     of the socket options the buffers, {@code reusePort} (a channel for each loop) and the traffic class
 * @param maxDatagramBytes the longest payload, 1 to {@value #MAX_DATAGRAM_BYTES}; smaller values allow larger batches
 * @param guard what bounds answers, or null for nothing: in closed networks and benchmarks alone
 * @param groups multicast groups to join, on every Internet endpoint of their family
 * @param broadcast whether answers may go to broadcast addresses
 * @param maxDatagrams after how many datagrams the server closes; 0 for never
 */
public record DatagramOptions(
        ListenOptions listen,
        int maxDatagramBytes,
        @Nullable GuardOptions guard,
        List<MulticastGroup> groups,
        boolean broadcast,
        long maxDatagrams) {
    /** What UDP can carry at most: over IPv4 65,507 bytes, over IPv6 65,527. */
    public static final int MAX_DATAGRAM_BYTES = 65_527;

    /**
     * The receive buffer that is asked for unless told otherwise; the kernel grants what its administrator allows, on Linux
     * all of it to a process that has CAP_NET_ADMIN. It holds what 100,000 small datagrams a second bring in the fifth of
     * a second in which a cold virtual machine compiles.
     */
    public static final int DEFAULT_RECEIVE_BUFFER = 16 * 1024 * 1024;

    /** Loopback port 9001, datagrams of any length, the guard on, a receive buffer of 16 MiB asked for. */
    public static final DatagramOptions DEFAULTS = new DatagramOptions(
            ListenOptions.loopback(9001).withSocket(SocketOptions.DEFAULTS.withBuffers(DEFAULT_RECEIVE_BUFFER, 0)),
            MAX_DATAGRAM_BYTES,
            GuardOptions.DEFAULTS,
            List.of(),
            false,
            0);

    /** Checks the bounds and takes a copy of the list. */
    public DatagramOptions {
        requireNonNull(listen, "listen");
        groups = List.copyOf(groups);
        if (listen.tls() != null) {
            throw new IllegalArgumentException("tls: given (expected: none, since datagrams have no TLS here)");
        }
        if (maxDatagramBytes < 1 || maxDatagramBytes > MAX_DATAGRAM_BYTES) {
            throw new IllegalArgumentException(
                    "maxDatagramBytes: " + maxDatagramBytes + " (expected: 1 to " + MAX_DATAGRAM_BYTES + ")");
        }
        if (maxDatagrams < 0) {
            throw new IllegalArgumentException("maxDatagrams: " + maxDatagrams + " (expected: >= 0)");
        }
    }

    /**
     * A copy that listens elsewhere.
     *
     * @param options where and how
     * @return the copy
     */
    public DatagramOptions withListen(ListenOptions options) {
        return new DatagramOptions(options, maxDatagramBytes, guard, groups, broadcast, maxDatagrams);
    }

    /**
     * A copy with another bound of datagrams.
     *
     * @param n bytes of payload
     * @return the copy
     */
    public DatagramOptions withMaxDatagramBytes(int n) {
        return new DatagramOptions(listen, n, guard, groups, broadcast, maxDatagrams);
    }

    /**
     * A copy with another guard.
     *
     * @param options what bounds answers, or null for nothing
     * @return the copy
     */
    public DatagramOptions withGuard(@Nullable GuardOptions options) {
        return new DatagramOptions(listen, maxDatagramBytes, options, groups, broadcast, maxDatagrams);
    }

    /**
     * A copy that joins other groups.
     *
     * @param others the groups
     * @return the copy
     */
    public DatagramOptions withGroups(List<MulticastGroup> others) {
        return new DatagramOptions(listen, maxDatagramBytes, guard, others, broadcast, maxDatagrams);
    }

    /**
     * A copy whose answers may go to broadcast addresses, or not.
     *
     * @param allowed whether they may
     * @return the copy
     */
    public DatagramOptions withBroadcast(boolean allowed) {
        return new DatagramOptions(listen, maxDatagramBytes, guard, groups, allowed, maxDatagrams);
    }

    /**
     * A copy that closes after a number of datagrams.
     *
     * @param n how many, 0 for never
     * @return the copy
     */
    public DatagramOptions withMaxDatagrams(long n) {
        return new DatagramOptions(listen, maxDatagramBytes, guard, groups, broadcast, n);
    }
}
