package io.ntk.core;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;

/**
 * Makes the end of a TLS stream look like the end of a plain one.
 *
 * <p>Placement: right behind the TLS handler. A close_notify of the peer ({@link SslCloseCompletionEvent}) is followed by
 * a {@link ChannelInputShutdownEvent}, so that decoders and handlers know one sign of the end only. Everything is passed
 * on. Sharable.
 */
@Sharable
public final class StreamEndHandler extends ChannelInboundHandlerAdapter {
    /** Makes a handler for any number of channels. */
    public StreamEndHandler() {}

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        ctx.fireUserEventTriggered(event);
        if (event instanceof SslCloseCompletionEvent end
                && end.isSuccess()
                && ctx.channel().isActive()) {
            CloseCause.mark(ctx.channel(), CloseCause.PEER);
            ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
    }
}
