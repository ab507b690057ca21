package io.ntk.tcp.http;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How long a client may take. Zero is no limit; nothing may be longer than 365 days.
 *
 * @param firstByte from the connection to the first byte of a request; then it is closed without an answer
 * @param idle between a reply and the first byte of the next request; then it is closed without an answer
 * @param header from the first byte of a head to its last; then 408
 * @param bodyWindow the time in which {@code bodyWindowBytes} of a body must arrive, over and over; then 408
 * @param bodyWindowBytes bytes of the body, at least 1
 * @param request from the first byte of a request to the last of its body; then 408
 */
public record HttpTimeouts(
        Duration firstByte,
        Duration idle,
        Duration header,
        Duration bodyWindow,
        int bodyWindowBytes,
        Duration request) {
    private static final Duration MAX_TIME = Duration.ofDays(365);

    /** 10 s, 30 s, 10 s, 10 KiB in 10 s, and 60 s. */
    public static final HttpTimeouts DEFAULTS = new HttpTimeouts(
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            10 * 1024,
            Duration.ofSeconds(60));

    /** Checks the bounds. */
    public HttpTimeouts {
        requireTime(firstByte, "firstByte");
        requireTime(idle, "idle");
        requireTime(header, "header");
        requireTime(bodyWindow, "bodyWindow");
        requireTime(request, "request");
        if (bodyWindowBytes < 1) {
            throw new IllegalArgumentException("bodyWindowBytes: " + bodyWindowBytes + " (expected: > 0)");
        }
    }

    /**
     * A copy with other times without a request.
     *
     * @param first to the first byte of a connection
     * @param between to the first byte of each later request
     * @return the copy
     */
    public HttpTimeouts withIdle(Duration first, Duration between) {
        return new HttpTimeouts(first, between, header, bodyWindow, bodyWindowBytes, request);
    }

    /**
     * A copy with other times for a request.
     *
     * @param head for its head
     * @param whole for all of it
     * @return the copy
     */
    public HttpTimeouts withRequest(Duration head, Duration whole) {
        return new HttpTimeouts(firstByte, idle, head, bodyWindow, bodyWindowBytes, whole);
    }

    /**
     * A copy with another rate of a body.
     *
     * @param window the time
     * @param bytes how many must arrive in it
     * @return the copy
     */
    public HttpTimeouts withBodyRate(Duration window, int bytes) {
        return new HttpTimeouts(firstByte, idle, header, window, bytes, request);
    }

    private static void requireTime(Duration value, String name) {
        if (requireNonNull(value, name).isNegative() || value.compareTo(MAX_TIME) > 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: zero to 365 days)");
        }
    }
}
