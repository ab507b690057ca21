package io.ntk.tcp.line;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.ReadGate;

/**
 * Sends every inbound buffer back to its sender.
 *
 * <p>Placement: last, after TLS and limits. In: {@link ByteBuf}; anything else is passed on. Ownership of the buffer moves
 * to the write. Output is flushed once per read, and whenever the channel is not writable; while it stays so, reading
 * stops. The end of the peer's stream and {@link ConnectionEvent#DRAIN} close the connection behind what is still to be
 * sent. Not sharable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc862">RFC 862</a>
 */
public final class EchoHandler extends ChannelInboundHandlerAdapter {
    private boolean paused;

    /** Makes a handler for one channel. */
    public EchoHandler() {}

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf)) {
            ctx.fireChannelRead(message);
            return;
        }
        ctx.write(message, ctx.voidPromise());
        if (!ctx.channel().isWritable()) {
            ctx.flush();
            pauseOrResume(ctx);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (paused) {
            pauseOrResume(ctx);
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            CloseCause.mark(ctx.channel(), CloseCause.PEER);
            Closing.afterWrites(ctx);
        } else if (event == ConnectionEvent.DRAIN) {
            ReadGate.of(ctx.channel()).pause(ConnectionEvent.DRAIN);
            CloseCause.mark(ctx.channel(), CloseCause.SHUTDOWN);
            Closing.afterWrites(ctx);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (paused) {
            ReadGate.of(ctx.channel()).resume(this);
        }
    }

    private void pauseOrResume(ChannelHandlerContext ctx) {
        paused = !ctx.channel().isWritable();
        if (paused) {
            ReadGate.of(ctx.channel()).pause(this);
        } else {
            ReadGate.of(ctx.channel()).resume(this);
        }
    }
}
