package io.ntk.tcp.http;

/**
 * How much one request, and one connection, may be.
 *
 * @param requestLineBytes the longest request line, its CRLF not counted, 64 to {@value #MAX_HEAD_BYTES}; beyond it 414
 * @param headerBytes all header lines of a request, or all its trailers, their CRLFs not counted, 64 to {@value
 *     #MAX_HEAD_BYTES}; beyond it 431
 * @param headers header lines of a request, or its trailers, in number, at least 1; beyond it 431
 * @param bodyBytes the body without the framing of its chunks, at least 0; beyond it 413
 * @param requests requests on one connection, at least 1; the reply to the last one closes it
 * @param pipelined requests of one connection that wait for their replies, 1 to 64; then reading pauses
 */
public record HttpLimits(
        int requestLineBytes, int headerBytes, int headers, long bodyBytes, int requests, int pipelined) {
    /** The most that a request line and the headers may be each: a head is held in memory as a whole. */
    public static final int MAX_HEAD_BYTES = 64 * 1024;

    /** 8 KiB, 16 KiB, 100, 1 MiB, 1,000,000 and 64. */
    public static final HttpLimits DEFAULTS = new HttpLimits(8 * 1024, 16 * 1024, 100, 1024 * 1024, 1_000_000, 64);

    /** Checks the bounds. */
    public HttpLimits {
        require(requestLineBytes, 64, MAX_HEAD_BYTES, "requestLineBytes");
        require(headerBytes, 64, MAX_HEAD_BYTES, "headerBytes");
        require(headers, 1, MAX_HEAD_BYTES, "headers");
        require(bodyBytes, 0, Long.MAX_VALUE / 4, "bodyBytes");
        require(requests, 1, Integer.MAX_VALUE, "requests");
        require(pipelined, 1, 64, "pipelined");
    }

    /**
     * A copy with other bounds of the head.
     *
     * @param requestLine bytes of the request line
     * @param header bytes of all header lines
     * @param count header lines
     * @return the copy
     */
    public HttpLimits withHead(int requestLine, int header, int count) {
        return new HttpLimits(requestLine, header, count, bodyBytes, requests, pipelined);
    }

    /**
     * A copy with another bound of the body.
     *
     * @param bytes of the body
     * @return the copy
     */
    public HttpLimits withBodyBytes(long bytes) {
        return new HttpLimits(requestLineBytes, headerBytes, headers, bytes, requests, pipelined);
    }

    /**
     * A copy with another number of requests a connection.
     *
     * @param n at least 1
     * @return the copy
     */
    public HttpLimits withRequests(int n) {
        return new HttpLimits(requestLineBytes, headerBytes, headers, bodyBytes, n, pipelined);
    }

    /**
     * A copy with another number of requests in flight.
     *
     * @param n 1 to 64
     * @return the copy
     */
    public HttpLimits withPipelined(int n) {
        return new HttpLimits(requestLineBytes, headerBytes, headers, bodyBytes, requests, n);
    }

    private static void require(long value, long min, long max, String name) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + " to " + max + ")");
        }
    }
}
