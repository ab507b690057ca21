package io.ntk.tcp.chat.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt to connect: up to twice as long each time, and between a half and the whole of
 * that by chance, so that a thousand clients of a server that restarts do not come back in the same moment. Not
 * thread-safe.
 *
 * @see <a href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential backoff and
 *     jitter</a>, "equal jitter"
 */
public final class ReconnectDelay {
    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private Duration next;

    /**
     * Starts with the shortest delay.
     *
     * @param first the longest that the first delay may be, more than zero
     * @param longest what no delay exceeds, not less than the first
     * @param random the chance
     */
    public ReconnectDelay(Duration first, Duration longest, RandomGenerator random) {
        if (first.isNegative() || first.isZero() || longest.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "first: " + first + " (expected: more than zero, at most " + longest + ")");
        }
        this.first = first;
        this.longest = longest;
        this.random = random;
        this.next = first;
    }

    /**
     * The next delay.
     *
     * @return more than zero
     */
    public Duration next() {
        Duration half = next.dividedBy(2);
        Duration delay = half.plusNanos((long) (random.nextDouble() * half.toNanos()) + 1);
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(longest) < 0 ? doubled : longest;
        return delay;
    }

    /** Begins again with the shortest delay: a connection has lasted. */
    public void reset() {
        next = first;
    }
}
