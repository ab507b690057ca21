package io.ntk.tcp.line;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ConnectionEvent;

/**
 * Takes every inbound buffer and answers nothing.
 *
 * <p>Placement: last, after TLS and limits. In: {@link ByteBuf}, which is released; anything else is passed on. The end
 * of the peer's stream and {@link ConnectionEvent#DRAIN} close the connection. Sharable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc863">RFC 863</a>
 */
@Sharable
public final class DiscardHandler extends ChannelInboundHandlerAdapter {
    /** Makes a handler for any number of channels. */
    public DiscardHandler() {}

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf bytes) {
            bytes.release();
        } else {
            ctx.fireChannelRead(message);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            CloseCause.mark(ctx.channel(), CloseCause.PEER);
            Closing.afterWrites(ctx);
        } else if (event == ConnectionEvent.DRAIN) {
            CloseCause.mark(ctx.channel(), CloseCause.SHUTDOWN);
            Closing.afterWrites(ctx);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }
}
