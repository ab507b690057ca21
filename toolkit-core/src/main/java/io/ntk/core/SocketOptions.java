package io.ntk.core;

/**
 * Options of the sockets themselves.
 *
 * @param backlog connections that the kernel completes ahead of accept, at least 1; the kernel may cap it
 * @param receiveBuffer SO_RCVBUF in bytes; 0 leaves it to the kernel, which then tunes it by itself
 * @param sendBuffer SO_SNDBUF in bytes; 0 leaves it to the kernel
 * @param noDelay TCP_NODELAY: small writes leave at once
 * @param keepAlive SO_KEEPALIVE, with probes after 60 s, every 20 s, 3 of them, where the system lets them be set
 * @param reusePort SO_REUSEPORT: several sockets on one port
 * @param linger SO_LINGER in seconds; -1 leaves it off, 0 resets at close
 * @param trafficClass IP_TOS, 0 to 255
 */
public record SocketOptions(
        int backlog,
        int receiveBuffer,
        int sendBuffer,
        boolean noDelay,
        boolean keepAlive,
        boolean reusePort,
        int linger,
        int trafficClass) {
    /** A backlog of 4,096, buffers by the kernel, no delay, keepalive. */
    public static final SocketOptions DEFAULTS = new SocketOptions(4096, 0, 0, true, true, false, -1, 0);

    /** Checks the bounds. */
    public SocketOptions {
        if (backlog < 1) {
            throw new IllegalArgumentException("backlog: " + backlog + " (expected: > 0)");
        }
        if (receiveBuffer < 0) {
            throw new IllegalArgumentException("receiveBuffer: " + receiveBuffer + " (expected: >= 0)");
        }
        if (sendBuffer < 0) {
            throw new IllegalArgumentException("sendBuffer: " + sendBuffer + " (expected: >= 0)");
        }
        if (linger < -1 || linger > 65_535) {
            throw new IllegalArgumentException("linger: " + linger + " (expected: -1 to 65535)");
        }
        if (trafficClass < 0 || trafficClass > 255) {
            throw new IllegalArgumentException("trafficClass: " + trafficClass + " (expected: 0 to 255)");
        }
    }

    /**
     * A copy with other buffer sizes.
     *
     * @param receive SO_RCVBUF in bytes, 0 for the kernel's choice
     * @param send SO_SNDBUF in bytes, 0 for the kernel's choice
     * @return the copy
     */
    public SocketOptions withBuffers(int receive, int send) {
        return new SocketOptions(backlog, receive, send, noDelay, keepAlive, reusePort, linger, trafficClass);
    }
}
