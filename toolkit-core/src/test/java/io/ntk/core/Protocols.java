package io.ntk.core;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import java.util.function.Consumer;

/** What the servers of the tests serve. */
final class Protocols {
    private Protocols() {}

    /** Any number of connections; refused peers get a line. */
    static Protocol of(Consumer<ChannelPipeline> recipe) {
        return new Protocol("test", "tcp", "tls", Protocol.Accept.MANY, RefusalAnswer.LINE, recipe);
    }

    /** One connection. */
    static Protocol once(Consumer<ChannelPipeline> recipe) {
        return new Protocol("test", "tcp", "tls", Protocol.Accept.ONE, RefusalAnswer.LINE, recipe);
    }

    static Protocol echo() {
        return of(pipeline -> pipeline.addLast(new Echo()));
    }

    /** Sends back what it gets. */
    static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.write(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }
    }

    /** Greets at once, in the way that handlers do that may also be added late. */
    static final class Greeter extends ChannelInboundHandlerAdapter {
        private final String greeting;
        private final boolean hangUp;

        Greeter(String greeting, boolean hangUp) {
            this.greeting = greeting;
            this.hangUp = hangUp;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.writeAndFlush(io.netty.buffer.ByteBufUtil.writeUtf8(ctx.alloc(), greeting));
            if (hangUp) {
                Closing.afterWrites(ctx);
            }
            ctx.fireChannelActive();
        }
    }
}
