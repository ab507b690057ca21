package io.ntk.core;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Resets a connection whose peer takes none of the bytes that wait for it.
 *
 * <p>Placement: near the head, before TLS. Everything is passed on. While output is pending it looks four times in a
 * stall time whether any byte left; a connection with nothing pending costs nothing. Progress inside one message, a file
 * region too, counts. The cause is {@link CloseCause#STALLED}. Not sharable.
 */
public final class WriteStallHandler extends ChannelOutboundHandlerAdapter {
    private static final int LOOKS = 4;

    private final long intervalNanos;
    private @Nullable Future<?> watch;
    private int looksWithoutProgress;
    private @Nullable Object lastMessage;
    private long lastProgress;
    private long lastPending;

    /**
     * Makes a handler for one channel.
     *
     * @param stall how long pending output may make no progress, more than zero
     */
    public WriteStallHandler(Duration stall) {
        if (stall.isNegative() || stall.isZero()) {
            throw new IllegalArgumentException("stall: " + stall + " (expected: > 0)");
        }
        this.intervalNanos = Math.max(1, stall.toNanos() / LOOKS);
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        ctx.flush();
        ChannelOutboundBuffer pending = pending(ctx.channel());
        if (watch == null && pending != null) {
            looksWithoutProgress = 0;
            lookLater(ctx, pending);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (watch != null) {
            watch.cancel(false);
        }
        lastMessage = null;
    }

    private void look(ChannelHandlerContext ctx) {
        watch = null;
        ChannelOutboundBuffer pending = pending(ctx.channel());
        if (pending == null || ctx.isRemoved()) {
            lastMessage = null;
            return;
        }
        boolean stuck = pending.current() == lastMessage
                && pending.currentProgress() == lastProgress
                && pending.totalPendingWriteBytes() >= lastPending;
        looksWithoutProgress = stuck ? looksWithoutProgress + 1 : 0;
        if (looksWithoutProgress == LOOKS) {
            CloseCause.mark(ctx.channel(), CloseCause.STALLED);
            Closing.reset(ctx.channel());
            return;
        }
        lookLater(ctx, pending);
    }

    private void lookLater(ChannelHandlerContext ctx, ChannelOutboundBuffer pending) {
        lastMessage = pending.current();
        lastProgress = pending.currentProgress();
        lastPending = pending.totalPendingWriteBytes();
        watch = ctx.executor().schedule(() -> look(ctx), intervalNanos, TimeUnit.NANOSECONDS);
    }

    /** The output that waits, or null when none does. */
    private static @Nullable ChannelOutboundBuffer pending(Channel channel) {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return buffer == null || buffer.isEmpty() ? null : buffer;
    }
}
