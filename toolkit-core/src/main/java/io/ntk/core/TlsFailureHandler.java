package io.ntk.core;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslHandler;

/**
 * Lets the alert of a failed handshake arrive.
 *
 * <p>Placement: right before the TLS handler, which closes behind the alert at once: while the peer is still sending its
 * part of the handshake that is a reset, and all the peer would report. Instead the connection ends as a refusal does
 * ({@link Closing#refuse}), bounded in bytes and time. Everything else is passed on. Not sharable.
 */
final class TlsFailureHandler extends ChannelOutboundHandlerAdapter {
    private boolean ending;

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        if (!ending && !(ctx.channel().isActive() && handshakeFailed(ctx))) {
            ctx.close(promise);
            return;
        }
        ctx.channel().closeFuture().addListener(closed -> promise.trySuccess());
        if (!ending) {
            ending = true;
            Closing.refusePlain(ctx, Unpooled.EMPTY_BUFFER);
        }
    }

    private static boolean handshakeFailed(ChannelHandlerContext ctx) {
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        return tls != null
                && tls.handshakeFuture().isDone()
                && !tls.handshakeFuture().isSuccess();
    }
}
