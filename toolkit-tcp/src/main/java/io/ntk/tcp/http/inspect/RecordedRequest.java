package io.ntk.tcp.http.inspect;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;

/**
 * A request as it came over the wire, ahead of the last part of it.
 *
 * @param bytes the head, and the body in its transfer coding; in memory of the heap, which needs no release
 */
public record RecordedRequest(ByteBuf bytes) {
    /** Checks that there is something. */
    public RecordedRequest {
        requireNonNull(bytes, "bytes");
    }
}
