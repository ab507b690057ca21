package io.ntk.tcp.line;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.List;

/** Notes every message and event that reaches the end of a pipeline. */
final class Recorder extends ChannelInboundHandlerAdapter {
    private final List<Object> seen;

    Recorder(List<Object> seen) {
        this.seen = seen;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        seen.add(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        seen.add(event);
    }
}
