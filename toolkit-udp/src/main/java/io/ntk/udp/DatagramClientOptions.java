package io.ntk.udp;

import static java.util.Objects.requireNonNull;

import io.ntk.core.Endpoint;
import io.ntk.core.Endpoint.Inet;
import io.ntk.core.SocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * Where and how a client sends.
 *
 * @param target where to: a host, a multicast group, a broadcast address or a Unix socket
 * @param source the address, and the port unless that is 0, to send from; null for the system's choice. For a group it
 *     decides the interface
 * @param socket of which the buffers and the traffic class count
 * @param ttl hops, 1 to 255; 0 for the system's choice
 * @param broadcast whether the target may be a broadcast address
 * @param answers whether answers are wanted; a Unix client needs a file of its own for them
 */
public record DatagramClientOptions(
        Endpoint target, @Nullable Inet source, SocketOptions socket, int ttl, boolean broadcast, Answers answers) {
    /** Whether answers are wanted. */
    public enum Answers {
        /** They are told to the receiver. */
        WANTED,
        /** They are not waited for. */
        NONE
    }

    /** Checks the bounds. */
    public DatagramClientOptions {
        requireNonNull(target, "target");
        requireNonNull(socket, "socket");
        requireNonNull(answers, "answers");
        if (ttl < 0 || ttl > 255) {
            throw new IllegalArgumentException("ttl: " + ttl + " (expected: 1 to 255, or 0 for the system's choice)");
        }
        if (target instanceof Inet inet && inet.port() == 0) {
            throw new IllegalArgumentException("port: 0 (expected: 1 to 65535 to send to)");
        }
        if (target instanceof Endpoint.Unix && (source != null || ttl != 0 || broadcast)) {
            throw new IllegalArgumentException(
                    "target: " + target + " (expected: HOST:PORT together with a source, a TTL or broadcast)");
        }
    }

    /**
     * Everything by default.
     *
     * @param target where to
     * @return the options
     */
    public static DatagramClientOptions to(Endpoint target) {
        return new DatagramClientOptions(target, null, SocketOptions.DEFAULTS, 0, false, Answers.WANTED);
    }

    /**
     * A copy that sends from an address.
     *
     * @param address the address, or null for the system's choice
     * @return the copy
     */
    public DatagramClientOptions withSource(@Nullable Inet address) {
        return new DatagramClientOptions(target, address, socket, ttl, broadcast, answers);
    }

    /**
     * A copy with other socket options.
     *
     * @param options of the socket
     * @return the copy
     */
    public DatagramClientOptions withSocket(SocketOptions options) {
        return new DatagramClientOptions(target, source, options, ttl, broadcast, answers);
    }

    /**
     * A copy with another number of hops.
     *
     * @param hops 1 to 255, 0 for the system's choice
     * @return the copy
     */
    public DatagramClientOptions withTtl(int hops) {
        return new DatagramClientOptions(target, source, socket, hops, broadcast, answers);
    }

    /**
     * A copy whose target may be a broadcast address, or not.
     *
     * @param allowed whether it may
     * @return the copy
     */
    public DatagramClientOptions withBroadcast(boolean allowed) {
        return new DatagramClientOptions(target, source, socket, ttl, allowed, answers);
    }

    /**
     * A copy that wants answers, or not.
     *
     * @param wanted whether it does
     * @return the copy
     */
    public DatagramClientOptions withAnswers(Answers wanted) {
        return new DatagramClientOptions(target, source, socket, ttl, broadcast, wanted);
    }
}
