package io.ntk.tcp.upload.server;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.NetListener;
import io.ntk.core.ReadGate;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrameDecoder;
import io.ntk.tcp.upload.UploadFrameEncoder;
import io.ntk.tcp.upload.UploadProtocolException;
import io.ntk.tcp.upload.server.ServerConnection.Life;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The receiving side of NTUP/1: gives what a peer sends to an {@link UploadStore}, and answers.
 *
 * <p>Placement: behind an {@link UploadFrameDecoder} and an {@link UploadFrameEncoder}. In: {@link UploadFrame}s and, behind
 * each {@link UploadFrame.Data}, its raw bytes as {@link ByteBuf}s, which are released when the store has written them;
 * anything else is passed on. Out: {@code UploadFrame}s. {@link ConnectionEvent#DRAIN} lets files that are under way finish,
 * for the drain time of the limits.
 *
 * <p>Memory: a peer can have at most the credit in flight, and one frame; more is a breach of the protocol. While the disk
 * queue of the store is full, or the peer takes no answers, nothing is read, through the {@link ReadGate}. What waits for the
 * store without a byte of content is bounded for each channel; {@link UploadServer} bounds it over all of them. Failure: a peer
 * that breaks the protocol, is silent or too slow gets an ERROR and is closed; a file that fails fails alone. Not sharable.
 */
public final class UploadServerHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(UploadServerHandler.class);
    private static final String ENDS = "the server ends";
    private static final String NOT_NTUP = "error: this port speaks NTUP/1 (try: ntk upload send)\n";

    private final UploadLimits limits;
    private final ServerConnection connection;
    private final ServerHandshake handshake;
    private final UploadStreams streams;
    private final Liveness liveness;
    private boolean draining;

    /**
     * Makes a handler for one channel.
     *
     * @param store where files go; shared by all channels
     * @param limits what the connection may take
     * @param key that the peer must have, or null for everybody
     * @param listener who is told of files
     */
    public UploadServerHandler(UploadStore store, UploadLimits limits, @Nullable Octets key, NetListener listener) {
        this.limits = requireNonNull(limits, "limits");
        this.connection = new ServerConnection(requireNonNull(listener, "listener"));
        this.handshake = new ServerHandshake(connection, limits, store.options(), key);
        this.streams = new UploadStreams(connection, handshake, store, limits, this::settled);
        this.liveness = new Liveness(connection, limits, this::ping, this::fail);
    }

    // ---- the channel

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        connection.start(ctx);
        liveness.watch(ReadGate.of(ctx.channel()));
        if (ctx.channel().isActive()) {
            start();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        start();
        ctx.fireChannelActive();
    }

    private void start() {
        connection.connected();
        liveness.start();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf raw) {
            liveness.heard(raw.readableBytes());
            streams.raw(raw);
            if (streams.rawToCome() == 0) {
                liveness.receiving(false);
            }
        } else if (message instanceof UploadFrame frame) {
            if (connection.life() == Life.OPEN) {
                try {
                    frame(frame);
                } catch (UploadProtocolException e) {
                    fail(e.error(), String.valueOf(e.getMessage()));
                }
            }
        } else {
            ctx.fireChannelRead(message);
        }
    }

    private void frame(UploadFrame frame) {
        if (!handshake.isOver()) {
            handshake.frame(frame);
            if (handshake.isOver()) {
                liveness.known();
            }
        } else if (streams.frame(frame)) {
            if (frame instanceof UploadFrame.Data) {
                liveness.receiving(true);
            }
        } else if (frame instanceof UploadFrame.Ping ping) {
            connection.send(new UploadFrame.Pong(ping.opaque()));
        } else if (frame instanceof UploadFrame.Failure failure) {
            failure(failure);
        } else if (!(frame instanceof UploadFrame.Pong)) {
            throw new UploadProtocolException(UploadError.PROTOCOL, "a frame that has no place here");
        }
    }

    private void ping() {
        connection.send(new UploadFrame.Ping(connection.now()));
    }

    private void failure(UploadFrame.Failure failure) {
        if (failure.stream() == UploadFrame.CONNECTION) {
            connection.life(Life.OVER);
            streams.suspendAll();
            CloseCause.mark(connection.channel(), CloseCause.PEER);
            connection.context().close();
        } else {
            streams.suspend(failure.stream());
        }
    }

    /** Bytes have come, be it less than a frame: who sends is not dead. */
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        liveness.heard(0);
        connection.flush();
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        liveness.blocked(connection.pauseWhileBlocked());
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof UploadProtocolException e) {
            fail(e.error(), String.valueOf(e.getMessage()));
        } else {
            ctx.fireExceptionCaught(cause);
        }
    }

    // ---- the end

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ConnectionEvent.DRAIN) {
            drain();
        } else if (event instanceof ChannelInputShutdownEvent) {
            connection.life(Life.INPUT_ENDED);
            streams.suspendUncommitted();
            settled();
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    private void drain() {
        if (draining || connection.life() == Life.OVER) {
            return;
        }
        draining = true;
        if (handshake.isOver()) {
            streams.close();
            connection.send(new UploadFrame.GoAway(streams.last(), UploadError.SHUTTING_DOWN.code(), 0));
            connection.after(limits.drain(), () -> fail(UploadError.SHUTTING_DOWN, ENDS));
            settled();
        } else if (handshake.hasBegun()) {
            fail(UploadError.SHUTTING_DOWN, ENDS);
        } else {
            connection.life(Life.OVER);
            CloseCause.mark(connection.channel(), CloseCause.SHUTDOWN);
            connection.context().close();
        }
    }

    /** A file has come to its end: perhaps the last one. */
    private void settled() {
        if (connection.life() == Life.INPUT_ENDED
                && !streams.isBusy()
                && connection.channel().isActive()) {
            streams.sendResults();
            Closing.afterWrites(connection.context());
        } else if (connection.life() == Life.OPEN && draining && streams.isEmpty()) {
            fail(UploadError.SHUTTING_DOWN, ENDS);
        }
    }

    private void fail(UploadError error, String why) {
        if (connection.life() == Life.OVER) {
            return;
        }
        LOG.debug("{} {}: {}", connection.id(), error, why);
        streams.suspendAll();
        streams.sendResults();
        connection.life(Life.OVER);
        connection.refuse(
                error,
                handshake.isOver(),
                handshake.hasBegun()
                        ? UploadFrame.Failure.of(UploadFrame.CONNECTION, error, why)
                        : ByteBufUtil.writeAscii(connection.context().alloc(), NOT_NTUP));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        connection.life(Life.OVER);
        liveness.stop();
        streams.suspendAll();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        connection.leave();
        liveness.stop();
        streams.leave();
    }
}
