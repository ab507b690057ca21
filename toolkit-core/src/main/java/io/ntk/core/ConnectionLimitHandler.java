package io.ntk.core;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a connection in or refuses it, and gives its place back when it ends.
 *
 * <p>Placement: first. When the channel becomes active it takes a place in the {@link ConnectionLimits}, which the close
 * of the channel gives back in every case, and leaves the pipeline. A refused peer gets the answer and is closed
 * ({@link Closing#refuse}); the handlers behind never see that channel become active. Where the answer depends on how the
 * peer begins, {@link #FIRST_BYTE_WAIT} passes at most until it is given. A handler that looks at the channel
 * when it is added finds it active all the same, since an accepted socket is: add such handlers when this one has let the
 * channel become active, as {@link Server} does. Not sharable.
 */
public final class ConnectionLimitHandler extends ChannelInboundHandlerAdapter {
    /** How long a refused peer may take to say its first byte, where the answer depends on it. */
    public static final Duration FIRST_BYTE_WAIT = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionLimitHandler.class);

    private final String service;
    private final ConnectionLimits limits;
    private final RefusalAnswer answer;
    private final NetListener listener;
    private boolean refused;
    private @Nullable RefusalReason unanswered;

    /**
     * Makes a handler for one channel.
     *
     * @param service the service that events name
     * @param limits the counts that the connections of a server share
     * @param answer what a refused peer is told
     * @param listener who is told of {@link NetEvent.Refused}
     */
    public ConnectionLimitHandler(String service, ConnectionLimits limits, RefusalAnswer answer, NetListener listener) {
        this.service = service;
        this.limits = limits;
        this.answer = answer;
        this.listener = listener;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        SocketAddress peer = ctx.channel().remoteAddress();
        if (peer == null && ctx.channel() instanceof SocketChannel) {
            // io_uring asks for the address after the accept, and this peer has reset the connection before.
            refused = true;
            ctx.close();
            return;
        }
        RefusalReason reason = limits.enter(peer);
        if (reason != null) {
            refuse(ctx, peer, reason);
            return;
        }
        ctx.channel().closeFuture().addListener(closed -> limits.leave(peer));
        ctx.fireChannelActive();
        ctx.pipeline().remove(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (!refused) {
            ctx.fireChannelInactive();
        }
    }

    private void refuse(ChannelHandlerContext ctx, SocketAddress peer, RefusalReason reason) {
        refused = true;
        Channel channel = ctx.channel();
        String name = TrafficHandler.name(peer);
        LOG.debug("{} {} refused: {}", channel.id().asShortText(), name, reason.text());
        listener.on(new NetEvent.Refused(service, name, reason));
        if (!limits.startAnswer()) {
            channel.close();
            return;
        }
        channel.closeFuture().addListener(closed -> limits.endAnswer());
        unanswered = reason;
        if (answer.dependsOnFirstByte()) {
            awaitFirstByte(ctx);
        } else {
            answer(ctx, answer);
        }
    }

    private void awaitFirstByte(ChannelHandlerContext ctx) {
        Future<?> timer =
                ctx.executor().schedule(() -> answer(ctx, answer), FIRST_BYTE_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        ctx.channel().closeFuture().addListener(closed -> timer.cancel(false));
        if (!ctx.channel().config().isAutoRead()) {
            ctx.read();
        }
    }

    private void answer(ChannelHandlerContext ctx, RefusalAnswer fitting) {
        RefusalReason reason = unanswered;
        if (reason != null && ctx.channel().isActive()) {
            unanswered = null;
            Closing.refusePlain(ctx, fitting.encode(ctx.alloc(), reason));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!refused) {
            ctx.fireChannelRead(message);
            return;
        }
        try {
            if (message instanceof ByteBuf bytes && bytes.isReadable()) {
                answer(ctx, answer.to(bytes.getByte(bytes.readerIndex())));
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    /** Who ends its output says nothing more, and a server that ends waits for nobody's first byte. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (refused && (event instanceof ChannelInputShutdownEvent || event == ConnectionEvent.DRAIN)) {
            answer(ctx, answer);
        }
        ctx.fireUserEventTriggered(event);
    }
}
