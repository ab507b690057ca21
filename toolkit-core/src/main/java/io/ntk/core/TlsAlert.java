package io.ntk.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Fatal alerts as they stand on the wire before any handshake: content type 21, a record version that every client
 * reads, two bytes of level and description.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8446#section-6">RFC 8446, 6</a>
 */
enum TlsAlert {
    UNEXPECTED_MESSAGE(10),
    ACCESS_DENIED(49),
    INTERNAL_ERROR(80);

    /** How a TLS port refuses: the peer understands nothing but an alert before the handshake. */
    static final RefusalAnswer REFUSED =
            (allocator, reason) -> (reason == RefusalReason.DENIED ? ACCESS_DENIED : INTERNAL_ERROR).encode(allocator);

    private final int description;

    TlsAlert(int description) {
        this.description = description;
    }

    ByteBuf encode(ByteBufAllocator allocator) {
        return allocator.buffer(7).writeBytes(new byte[] {0x15, 0x03, 0x01, 0x00, 0x02, 0x02, (byte) description});
    }
}
