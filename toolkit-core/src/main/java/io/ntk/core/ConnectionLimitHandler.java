package io.ntk.core;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import java.net.SocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a connection in or refuses it, and gives its place back when it ends.
 *
 * <p>Placement: first. When the channel becomes active it takes a place in the {@link ConnectionLimits}, which the close
 * of the channel gives back in every case, and leaves the pipeline. A refused peer gets the answer and is closed
 * ({@link Closing#refuse}); the handlers behind never see that channel become active. A handler that looks at the channel
 * when it is added finds it active all the same, since an accepted socket is: add such handlers when this one has let the
 * channel become active, as {@link Server} does. Not sharable.
 */
public final class ConnectionLimitHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionLimitHandler.class);

    private final String service;
    private final ConnectionLimits limits;
    private final RefusalAnswer answer;
    private final NetListener listener;
    private boolean refused;

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
        ByteBuf bytes = answer.encode(ctx.alloc(), reason);
        Closing.refusePlain(ctx, bytes);
    }
}
