package io.ntk.tcp.line;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.ntk.core.NetListener;
import io.ntk.core.TrafficHandler;

/**
 * Tells a listener what a peer sent.
 *
 * <p>Placement: before the handler that answers; only for a {@link LineEvent.Listener}. Everything is passed on. Not
 * sharable.
 */
final class LineEventHandler extends ChannelInboundHandlerAdapter {
    static final String SERVICE = "tcp";

    private final LineEvent.Listener listener;

    private LineEventHandler(LineEvent.Listener listener) {
        this.listener = listener;
    }

    /** Adds a handler when the listener wants it. */
    static void addIfWanted(ChannelPipeline pipeline, NetListener listener) {
        if (listener instanceof LineEvent.Listener wanting) {
            pipeline.addLast(new LineEventHandler(wanting));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        String id = ctx.channel().id().asShortText();
        String peer = TrafficHandler.name(ctx.channel().remoteAddress());
        if (message instanceof LineMessage.Text text) {
            listener.on(new LineEvent.Request(SERVICE, id, peer, text.text()));
        } else if (message instanceof LineMessage.Rejected rejected) {
            listener.on(new LineEvent.Rejected(SERVICE, id, peer, rejected.reason()));
        } else if (message instanceof ByteBuf bytes) {
            listener.on(new LineEvent.Received(SERVICE, id, peer, bytes.readableBytes()));
        }
        ctx.fireChannelRead(message);
    }
}
