package io.ntk.udp.guard;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the reflection guard grants.
 *
 * @param answersPerSecond answers a second to one address, 1 to 1,000,000,000
 * @param burst answers to one address that may be sent at once, 1 to 1,000,000,000
 * @param loopLimit datagrams running that equal our last answer, at which their sender is muted, at least 1
 * @param mute how long a peer is muted, more than zero, at most 365 days
 * @param refusedPorts ports that get no answer, each 0 to 65,535
 */
public record GuardOptions(int answersPerSecond, int burst, int loopLimit, Duration mute, Set<Integer> refusedPorts) {
    /**
     * Ports of services that answer whatever they are sent, or that are worth being used against others: echo, discard,
     * daytime, quotd, chargen, time, DNS, TFTP, portmap, NTP, NetBIOS names, SNMP, LDAP, RIP, SSDP, WS-Discovery, mDNS
     * and memcached.
     */
    public static final Set<Integer> REFUSED_PORTS =
            Set.of(7, 9, 13, 17, 19, 37, 53, 69, 111, 123, 137, 161, 389, 520, 1900, 3702, 5353, 11211);

    /** 1,000 answers a second, 2,000 at once, muted for 60 s at 8 returned answers. */
    public static final GuardOptions DEFAULTS = new GuardOptions(1000, 2000, 8, Duration.ofSeconds(60), REFUSED_PORTS);

    private static final int MAX_ANSWERS = 1_000_000_000;

    /** Checks the bounds and takes a copy of the set. */
    public GuardOptions {
        refusedPorts = Set.copyOf(refusedPorts);
        require(answersPerSecond, MAX_ANSWERS, "answersPerSecond");
        require(burst, MAX_ANSWERS, "burst");
        require(loopLimit, Integer.MAX_VALUE, "loopLimit");
        if (mute.isNegative() || mute.isZero() || mute.compareTo(Duration.ofDays(365)) > 0) {
            throw new IllegalArgumentException("mute: " + mute + " (expected: more than zero, at most 365 days)");
        }
        for (int port : refusedPorts) {
            if (port < 0 || port > 65_535) {
                throw new IllegalArgumentException("refusedPorts: " + port + " (expected: 0 to 65535)");
            }
        }
    }

    /**
     * A copy with another rate.
     *
     * @param perSecond answers a second to one address
     * @param atOnce how many may be sent at once
     * @return the copy
     */
    public GuardOptions withRate(int perSecond, int atOnce) {
        return new GuardOptions(perSecond, atOnce, loopLimit, mute, refusedPorts);
    }

    /**
     * A copy that mutes differently.
     *
     * @param limit datagrams running that equal our last answer
     * @param time how long their sender is muted
     * @return the copy
     */
    public GuardOptions withLoop(int limit, Duration time) {
        return new GuardOptions(answersPerSecond, burst, limit, time, refusedPorts);
    }

    /**
     * A copy that refuses other ports.
     *
     * @param ports each 0 to 65,535
     * @return the copy
     */
    public GuardOptions withRefusedPorts(Set<Integer> ports) {
        return new GuardOptions(answersPerSecond, burst, loopLimit, mute, ports);
    }

    /** All parts, the ports in order. */
    @Override
    public String toString() {
        return "GuardOptions[%d/s, burst %d, loopLimit %d, mute %s, refusedPorts %s]"
                .formatted(answersPerSecond, burst, loopLimit, mute, new TreeSet<>(refusedPorts));
    }

    private static void require(int value, int max, String name) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: 1 to " + max + ")");
        }
    }
}
