package io.ntk.core;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection whose handshake takes too long.
 *
 * <p>Placement: behind the handlers that shake hands. The time runs from when the channel is active; it ends, and the
 * handler leaves, at a successful {@link SslHandshakeCompletionEvent}, or when a protocol with a handshake of its own
 * removes it. Everything is passed on. The cause is {@link CloseCause#HANDSHAKE_TIMEOUT}. Not sharable.
 */
public final class HandshakeDeadlineHandler extends ChannelInboundHandlerAdapter {
    private final Duration deadline;
    private @Nullable Future<?> timer;

    /**
     * Makes a handler for one channel.
     *
     * @param deadline the time, more than zero
     */
    public HandshakeDeadlineHandler(Duration deadline) {
        if (deadline.isNegative() || deadline.isZero()) {
            throw new IllegalArgumentException("deadline: " + deadline + " (expected: > 0)");
        }
        this.deadline = deadline;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (ctx.channel().isActive()) {
            start(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        start(ctx);
        ctx.fireChannelActive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        ctx.fireUserEventTriggered(event);
        if (event instanceof SslHandshakeCompletionEvent done && done.isSuccess() && !ctx.isRemoved()) {
            ctx.pipeline().remove(this);
        }
    }

    private void start(ChannelHandlerContext ctx) {
        if (timer == null) {
            timer = ctx.executor()
                    .schedule(
                            () -> {
                                CloseCause.mark(ctx.channel(), CloseCause.HANDSHAKE_TIMEOUT);
                                ctx.close();
                            },
                            deadline.toNanos(),
                            TimeUnit.NANOSECONDS);
        }
    }
}
