package io.ntk.core;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection that carries no byte in either direction for a time.
 *
 * <p>Placement: near the head. Everything is passed on. Output that makes progress counts, even inside one large
 * message. The cause is {@link CloseCause#IDLE}. Not sharable.
 */
public final class IdleHandler extends IdleStateHandler {
    /**
     * Makes a handler for one channel.
     *
     * @param idle the time, more than zero
     */
    public IdleHandler(Duration idle) {
        super(true, 0, 0, positive(idle), TimeUnit.NANOSECONDS);
    }

    @Override
    protected void channelIdle(ChannelHandlerContext ctx, IdleStateEvent event) {
        CloseCause.mark(ctx.channel(), CloseCause.IDLE);
        ctx.close();
    }

    private static long positive(Duration idle) {
        if (idle.isNegative() || idle.isZero()) {
            throw new IllegalArgumentException("idle: " + idle + " (expected: > 0)");
        }
        return idle.toNanos();
    }
}
