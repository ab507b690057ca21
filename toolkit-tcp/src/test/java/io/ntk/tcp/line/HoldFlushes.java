package io.ntk.tcp.line;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;

/** A peer that takes nothing. */
final class HoldFlushes extends ChannelOutboundHandlerAdapter {
    @Override
    public void flush(ChannelHandlerContext ctx) {
        // What was written stays pending.
    }
}
