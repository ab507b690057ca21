package io.ntk.core;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;

/**
 * Makes the end of a TLS stream look like the end of a plain one.
 *
 * <p>Placement: right behind the TLS handler. A close_notify of the peer ({@link SslCloseCompletionEvent}) is followed by
 * a {@link ChannelInputShutdownEvent}, so that decoders and handlers know one sign of the end only, and get it once. A
 * FIN without a close_notify is no end of the stream but a cut, which anybody on the way can make: the channel is closed
 * and the handlers behind learn of no end. Everything else is passed on. Sharable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8446#section-6.1">RFC 8446, 6.1</a>
 */
@Sharable
public final class StreamEndHandler extends ChannelInboundHandlerAdapter {
    /** Makes a handler for any number of channels. */
    public StreamEndHandler() {}

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            SslHandler tls = ctx.pipeline().get(SslHandler.class);
            if (tls != null && !tls.sslCloseFuture().isSuccess()) {
                ctx.close();
            }
            return;
        }
        ctx.fireUserEventTriggered(event);
        if (event instanceof SslCloseCompletionEvent end
                && end.isSuccess()
                && ctx.channel().isActive()) {
            CloseCause.mark(ctx.channel(), CloseCause.PEER);
            ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
    }
}
