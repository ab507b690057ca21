package io.ntk.core;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What one server grants its peers. Every server is bounded by default. No time may be longer than 365 days.
 *
 * @param maxConnections connections at a time, at least 1
 * @param maxPerAddress connections at a time from one address (an IPv6 address counts by its /64), at least 1
 * @param acceptRate connections a second from one address, at least 1; a second's worth may come at once
 * @param countLoopback whether the two limits by address hold for loopback peers too
 * @param handshake time for everything that must happen before a peer may use the service; zero for no limit
 * @param writeStall how long pending output may make no progress; zero for no limit
 * @param idle how long a connection may carry no byte in either direction; zero, the default, for no limit
 * @param drain how long closing a server waits for connections to finish; zero cuts at once
 */
public record Limits(
        int maxConnections,
        int maxPerAddress,
        int acceptRate,
        boolean countLoopback,
        Duration handshake,
        Duration writeStall,
        Duration idle,
        Duration drain) {
    /** The longest time that can be asked for; what is longer means none, which is zero. */
    static final Duration MAX_TIME = Duration.ofDays(365);

    /** The limits that hold when nothing else is said; {@code maxConnections} follows the open-file limit. */
    public static final Limits DEFAULTS = new Limits(
            defaultMaxConnections(OpenFiles.limit()),
            256,
            1000,
            false,
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ZERO,
            Duration.ofSeconds(5));

    /** Checks the bounds. */
    public Limits {
        requirePositive(maxConnections, "maxConnections");
        requirePositive(maxPerAddress, "maxPerAddress");
        requirePositive(acceptRate, "acceptRate");
        requireTime(handshake, "handshake");
        requireTime(writeStall, "writeStall");
        requireTime(idle, "idle");
        requireTime(drain, "drain");
    }

    /**
     * The number of connections that an open-file limit carries.
     *
     * @param openFiles the process's limit of open files
     * @return min(16,384, {@code openFiles} - 128), at least 1
     */
    public static int defaultMaxConnections(long openFiles) {
        return (int) Math.max(1, Math.min(16_384, openFiles - 128));
    }

    /**
     * A copy with another bound of connections in all.
     *
     * @param n at least 1
     * @return the copy
     */
    public Limits withMaxConnections(int n) {
        return new Limits(n, maxPerAddress, acceptRate, countLoopback, handshake, writeStall, idle, drain);
    }

    /**
     * A copy with another bound of connections by address.
     *
     * @param n at least 1
     * @param loopbackToo whether loopback peers are counted
     * @return the copy
     */
    public Limits withMaxPerAddress(int n, boolean loopbackToo) {
        return new Limits(maxConnections, n, acceptRate, loopbackToo, handshake, writeStall, idle, drain);
    }

    /**
     * A copy with another accept rate.
     *
     * @param perSecond connections a second from one address, at least 1
     * @return the copy
     */
    public Limits withAcceptRate(int perSecond) {
        return new Limits(maxConnections, maxPerAddress, perSecond, countLoopback, handshake, writeStall, idle, drain);
    }

    /**
     * A copy with another handshake deadline.
     *
     * @param deadline zero for none
     * @return the copy
     */
    public Limits withHandshake(Duration deadline) {
        return new Limits(maxConnections, maxPerAddress, acceptRate, countLoopback, deadline, writeStall, idle, drain);
    }

    /**
     * A copy with another write stall time.
     *
     * @param stall zero for none
     * @return the copy
     */
    public Limits withWriteStall(Duration stall) {
        return new Limits(maxConnections, maxPerAddress, acceptRate, countLoopback, handshake, stall, idle, drain);
    }

    /**
     * A copy with another idle time.
     *
     * @param time zero for none
     * @return the copy
     */
    public Limits withIdle(Duration time) {
        return new Limits(maxConnections, maxPerAddress, acceptRate, countLoopback, handshake, writeStall, time, drain);
    }

    /**
     * A copy with another drain time.
     *
     * @param time zero cuts at once
     * @return the copy
     */
    public Limits withDrain(Duration time) {
        return new Limits(maxConnections, maxPerAddress, acceptRate, countLoopback, handshake, writeStall, idle, time);
    }

    private static void requirePositive(int value, String name) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }

    private static void requireTime(Duration value, String name) {
        if (requireNonNull(value, name).isNegative() || value.compareTo(MAX_TIME) > 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: zero to 365 days)");
        }
    }
}
