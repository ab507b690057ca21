package io.ntk.udp.measure;

import static java.util.Objects.requireNonNull;

import io.ntk.core.Endpoint;
import java.time.Duration;

/**
 * What a measurement is like.
 *
 * @param endpoint who answers: a host and a port, not a Unix socket
 * @param load what is sent
 * @param mode what answers there
 * @param timeout when an answer is late, and how long the missing ones are waited for at the end; more than zero, at
 *     most an hour
 * @param patience how long the first answer of a responder is waited for; more than zero, at most an hour
 * @param receiveBuffer SO_RCVBUF in bytes, at least 1; the kernel grants what its administrator allows
 */
public record MeasureOptions(
        Endpoint.Inet endpoint, Load load, Mode mode, Duration timeout, Duration patience, int receiveBuffer) {
    /** What answers. */
    public enum Mode {
        /** A {@link MeasureResponder}. */
        RESPONDER,
        /** Any echo: loss cannot be told apart by direction. */
        PLAIN
    }

    /**
     * What is sent, whether it is answered or not.
     *
     * @param perSecond datagrams a second, 1 to 10,000,000
     * @param sizeBytes of each payload, 80 to 65,507
     * @param duration how long is measured, more than zero, at most 365 days
     * @param warmUp how long is sent before that, at most an hour; it is in no figure
     */
    public record Load(int perSecond, int sizeBytes, Duration duration, Duration warmUp) {
        /** The most datagrams a second that can be asked for; what cannot be sent is reported as missed. */
        public static final int MAX_PER_SECOND = 10_000_000;

        private static final Duration MAX_DURATION = Duration.ofDays(365); // before the first use, just below

        /** 1,000 datagrams of 200 bytes a second for 10 s, without warm-up. */
        public static final Load DEFAULTS = new Load(1000, 200, Duration.ofSeconds(10), Duration.ZERO);

        /** Checks the bounds. */
        public Load {
            if (perSecond < 1 || perSecond > MAX_PER_SECOND) {
                throw new IllegalArgumentException(
                        "perSecond: " + perSecond + " (expected: 1 to " + MAX_PER_SECOND + ")");
            }
            if (sizeBytes < MeasureDatagram.HEADER_BYTES || sizeBytes > MeasureDatagram.MAX_BYTES) {
                throw new IllegalArgumentException("sizeBytes: " + sizeBytes + " (expected: "
                        + MeasureDatagram.HEADER_BYTES + " to " + MeasureDatagram.MAX_BYTES + ")");
            }
            requirePositive("duration", duration, MAX_DURATION);
            if (warmUp.isNegative() || warmUp.compareTo(MAX_WAIT) > 0) {
                throw new IllegalArgumentException("warmUp: " + warmUp + " (expected: zero to an hour)");
            }
        }

        /**
         * How many datagrams are sent in a time, at least one.
         *
         * @param time how long
         * @return rounded down
         */
        long datagrams(Duration time) {
            return Math.max(1, time.toSeconds() * perSecond + (long) time.toNanosPart() * perSecond / 1_000_000_000L);
        }

        /** When a datagram is due, counted from the first. */
        long dueNanos(long number) {
            return number / perSecond * 1_000_000_000L + number % perSecond * 1_000_000_000L / perSecond;
        }
    }

    /** The receive buffer that is asked for: 4 MiB. */
    public static final int DEFAULT_RECEIVE_BUFFER = 4 * 1024 * 1024;

    private static final Duration MAX_WAIT = Duration.ofHours(1);

    /** Checks the bounds. */
    public MeasureOptions {
        requireNonNull(load, "load");
        requireNonNull(mode, "mode");
        requirePositive("timeout", timeout, MAX_WAIT);
        requirePositive("patience", patience, MAX_WAIT);
        if (receiveBuffer < 1) {
            throw new IllegalArgumentException("receiveBuffer: " + receiveBuffer + " (expected: > 0)");
        }
        if (endpoint.port() == 0) {
            throw new IllegalArgumentException("port: 0 (expected: 1 to 65535 to measure)");
        }
    }

    /**
     * Everything by default: answers are late after 1 s, the first is waited for 5 s.
     *
     * @param endpoint who answers
     * @return the options
     */
    public static MeasureOptions to(Endpoint.Inet endpoint) {
        return new MeasureOptions(
                endpoint,
                Load.DEFAULTS,
                Mode.RESPONDER,
                Duration.ofSeconds(1),
                Duration.ofSeconds(5),
                DEFAULT_RECEIVE_BUFFER);
    }

    /**
     * A copy with another load.
     *
     * @param other what is sent
     * @return the copy
     */
    public MeasureOptions withLoad(Load other) {
        return new MeasureOptions(endpoint, other, mode, timeout, patience, receiveBuffer);
    }

    /**
     * A copy for another kind of service.
     *
     * @param other what answers
     * @return the copy
     */
    public MeasureOptions withMode(Mode other) {
        return new MeasureOptions(endpoint, load, other, timeout, patience, receiveBuffer);
    }

    /**
     * A copy with another bound of late answers.
     *
     * @param time when an answer is late
     * @return the copy
     */
    public MeasureOptions withTimeout(Duration time) {
        return new MeasureOptions(endpoint, load, mode, time, patience, receiveBuffer);
    }

    /**
     * A copy with another patience.
     *
     * @param time how long the first answer is waited for
     * @return the copy
     */
    public MeasureOptions withPatience(Duration time) {
        return new MeasureOptions(endpoint, load, mode, timeout, time, receiveBuffer);
    }

    /**
     * A copy with another receive buffer.
     *
     * @param bytes asked for
     * @return the copy
     */
    public MeasureOptions withReceiveBuffer(int bytes) {
        return new MeasureOptions(endpoint, load, mode, timeout, patience, bytes);
    }

    private static void requirePositive(String name, Duration time, Duration max) {
        if (time.isNegative() || time.isZero() || time.compareTo(max) > 0) {
            throw new IllegalArgumentException(
                    name + ": " + time + " (expected: more than zero, at most " + max.toHours() + " hours)");
        }
    }
}
