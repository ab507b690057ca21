package io.ntk.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;

/** What a protocol says to a peer that is not served. */
@FunctionalInterface
public interface RefusalAnswer {
    /** Nothing: for protocols whose peers expect no text. */
    RefusalAnswer SILENT = (allocator, reason) -> allocator.buffer(0, 0);

    /** The line {@code error: REASON}. */
    RefusalAnswer LINE = (allocator, reason) -> ByteBufUtil.writeUtf8(allocator, "error: " + reason.text() + "\n");

    /**
     * Writes the answer in the form of the protocol.
     *
     * @param allocator the channel's allocator
     * @param reason why the peer is not served
     * @return a buffer that the caller then owns; empty for no answer
     */
    ByteBuf encode(ByteBufAllocator allocator, RefusalReason reason);
}
