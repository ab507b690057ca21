package io.ntk.tcp.http.inspect;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The limits of inspection.
 *
 * @param maxBodyBytes the longest request body; a longer one is answered with 413
 * @param maxReplyBytes the longest body of a reply; a longer one that is asked for is cut to it
 * @param maxDelay the longest time that a reply is held back, or takes; a longer one that is asked for is cut to it
 */
public record InspectOptions(int maxBodyBytes, int maxReplyBytes, Duration maxDelay) {
    /** Bodies of 1 MiB each way, 10 s. */
    public static final InspectOptions DEFAULTS = new InspectOptions(1 << 20, 1 << 20, Duration.ofSeconds(10));

    /** Checks the bounds. */
    public InspectOptions {
        requireNonNull(maxDelay, "maxDelay");
        if (maxBodyBytes < 0) {
            throw new IllegalArgumentException("maxBodyBytes: " + maxBodyBytes + " (expected: >= 0)");
        }
        if (maxReplyBytes < 0) {
            throw new IllegalArgumentException("maxReplyBytes: " + maxReplyBytes + " (expected: >= 0)");
        }
        if (maxDelay.isNegative()) {
            throw new IllegalArgumentException("maxDelay: " + maxDelay + " (expected: >= 0)");
        }
    }

    /**
     * A copy with another limit.
     *
     * @param bytes the longest request body
     * @return the copy
     */
    public InspectOptions withMaxBodyBytes(int bytes) {
        return new InspectOptions(bytes, maxReplyBytes, maxDelay);
    }

    /**
     * A copy with another limit.
     *
     * @param bytes the longest body of a reply
     * @return the copy
     */
    public InspectOptions withMaxReplyBytes(int bytes) {
        return new InspectOptions(maxBodyBytes, bytes, maxDelay);
    }

    /**
     * A copy with another limit.
     *
     * @param time the longest delay
     * @return the copy
     */
    public InspectOptions withMaxDelay(Duration time) {
        return new InspectOptions(maxBodyBytes, maxReplyBytes, time);
    }
}
