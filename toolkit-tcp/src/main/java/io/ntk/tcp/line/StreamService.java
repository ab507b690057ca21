package io.ntk.tcp.line;

/** A service on bare bytes. */
public enum StreamService {
    /** Every byte back, as it came (RFC 862). */
    ECHO,
    /** Read and count (RFC 863). */
    DISCARD
}
