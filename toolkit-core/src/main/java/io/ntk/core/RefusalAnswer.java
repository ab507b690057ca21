package io.ntk.core;

import static java.util.Objects.requireNonNull;

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

    /**
     * Whether the answer depends on how the peer begins: then whoever refuses it waits a moment for its first byte, and gives
     * {@link #to(byte)}; a peer that says nothing gets this one.
     *
     * @return false, for an answer to everybody
     */
    default boolean dependsOnFirstByte() {
        return false;
    }

    /**
     * The answer to a peer that has begun to speak.
     *
     * @param first its first byte
     * @return this, for an answer to everybody
     */
    default RefusalAnswer to(byte first) {
        return this;
    }

    /**
     * For a port on which two protocols are spoken, where the client of each speaks first.
     *
     * @param first how the clients of one of them begin
     * @param one what those are told
     * @param others what is told to all others, and to who says nothing
     * @return the answer
     */
    static RefusalAnswer byFirstByte(byte first, RefusalAnswer one, RefusalAnswer others) {
        requireNonNull(one, "one");
        requireNonNull(others, "others");
        return new RefusalAnswer() {
            @Override
            public ByteBuf encode(ByteBufAllocator allocator, RefusalReason reason) {
                return others.encode(allocator, reason);
            }

            @Override
            public boolean dependsOnFirstByte() {
                return true;
            }

            @Override
            public RefusalAnswer to(byte begins) {
                return begins == first ? one : others;
            }
        };
    }
}
