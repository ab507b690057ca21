package io.ntk.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The ways to end a connection.
 *
 * <p>Closing a TCP socket with unread input resets the connection, and a reset destroys an answer that the peer has not
 * read yet. So a refusal writes its answer, shuts down the output, discards what still comes (bounded in bytes and
 * time), and closes then. All methods are called on the channel's event loop.
 */
public final class Closing {
    /** Input that is discarded before the connection is closed all the same. */
    public static final int MAX_DISCARDED_BYTES = 256 * 1024;

    /** Time from the answer to the close, whatever the peer does. */
    public static final Duration MAX_WAIT = Duration.ofSeconds(2);

    private Closing() {}

    /**
     * Answers and closes. What is read from now on reaches no handler of the pipeline; messages that a decoder has in
     * hand already may still do. The second of two calls only writes.
     *
     * @param ctx where the answer enters the pipeline on its way out
     * @param answer the last message to the peer; ownership moves here
     */
    public static void refuse(ChannelHandlerContext ctx, Object answer) {
        if (ctx.pipeline().get(DiscardUntilClose.class) != null) {
            ctx.writeAndFlush(answer); // another handler has ended it already
            return;
        }
        ChannelHandlerContext tls = ctx.pipeline().context(SslHandler.class);
        if (tls == null) {
            refusePlain(ctx, answer);
            return;
        }
        Channel channel = ctx.channel();
        boolean ended = ReadGate.inputHasEnded(channel);
        ctx.pipeline().addAfter(tls.name(), null, new DiscardUntilClose());
        ReadGate.of(channel).holdOpen();
        ctx.writeAndFlush(answer)
                .addListener(sent -> end(channel, sent, () -> {
                    if (ended) {
                        channel.close(); // nothing is left to be discarded
                    } else {
                        shutdownOutput(channel);
                    }
                }));
    }

    /** The same below TLS: nothing reaches a TLS handler any more, and no close_notify is sent. */
    static void refusePlain(ChannelHandlerContext ctx, Object answer) {
        Channel channel = ctx.channel();
        boolean ended = ReadGate.inputHasEnded(channel);
        ctx.pipeline().addFirst(new DiscardUntilClose());
        ReadGate.of(channel).holdOpen();
        ctx.writeAndFlush(answer)
                .addListener(sent -> end(channel, sent, () -> {
                    if (ended) {
                        now(channel); // nothing is left to be discarded
                    } else {
                        shutdownSocket(channel);
                    }
                }));
    }

    private static void end(Channel channel, Future<?> sent, Runnable shutdown) {
        if (sent.isSuccess()) {
            shutdown.run();
        } else {
            now(channel);
        }
    }

    /**
     * Closes when everything that was written has been handed to the kernel; writes that were not flushed are flushed.
     *
     * @param ctx where the close enters the pipeline on its way out
     */
    public static void afterWrites(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    /**
     * Resets the connection: what waits to be sent is lost, here and in the kernel. For a peer that takes nothing, since
     * a close in good order would wait for that very peer.
     *
     * @param channel the channel
     */
    public static void reset(Channel channel) {
        if (channel.config() instanceof SocketChannelConfig config && channel.isOpen()) {
            config.setSoLinger(0);
        }
        now(channel);
    }

    /** Closes past the pipeline: a TLS handler would first wait for the peer to take its close_notify. */
    private static void now(Channel channel) {
        CloseCause.mark(channel, CloseCause.LOCAL);
        ChannelHandlerContext first = channel.pipeline().firstContext();
        if (first == null) {
            channel.close();
        } else {
            first.close();
        }
    }

    /**
     * Ends the output of a channel: with a close_notify under TLS, then with a FIN. A channel that cannot be shut down
     * in halves is closed.
     *
     * @param channel the channel; everything to be sent has been flushed
     */
    public static void shutdownOutput(Channel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls != null) {
            // The FIN waits until close_notify has left; a peer that saw only the FIN would report a truncation.
            tls.closeOutbound().addListener(sent -> shutdownSocket(channel));
        } else {
            shutdownSocket(channel);
        }
    }

    private static void shutdownSocket(Channel channel) {
        if (channel instanceof DuplexChannel duplex && channel.isActive()) {
            duplex.shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        } else {
            channel.close();
        }
    }

    private static final class DiscardUntilClose extends ChannelInboundHandlerAdapter {
        private int budget = MAX_DISCARDED_BYTES;

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            Channel channel = ctx.channel();
            var timer = ctx.executor().schedule(() -> now(channel), MAX_WAIT.toMillis(), TimeUnit.MILLISECONDS);
            channel.closeFuture().addListener(closed -> timer.cancel(false));
            readByHand(ctx);
        }

        private static void readByHand(ChannelHandlerContext ctx) {
            if (!ctx.channel().config().isAutoRead() && !ReadGate.inputHasEnded(ctx.channel())) {
                ctx.read();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            budget -= message instanceof ByteBuf bytes ? bytes.readableBytes() : 1;
            ReferenceCountUtil.release(message);
            if (budget < 0) {
                now(ctx.channel());
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            readByHand(ctx);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            // DRAIN changes nothing: the end is under way, and bounded.
            if (event instanceof ChannelInputShutdownEvent) {
                ctx.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
