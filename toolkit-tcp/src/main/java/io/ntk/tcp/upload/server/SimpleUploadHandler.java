package io.ntk.tcp.upload.server;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.concurrent.Future;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.Escaped;
import io.ntk.core.NetListener;
import io.ntk.core.ReadGate;
import io.ntk.tcp.upload.server.ServerConnection.Life;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadStore;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The receiving side of the simple protocol: {@code NAME|SIZE}, an answer, and as many bytes; then the next.
 *
 * <pre>{@code
 * C: 61 2e 74 78 74 7c 33 0a    a.txt|3 LF   (or CR LF, or nothing for 100 ms)
 * S: 72 65 61 64 79 0a          ready LF
 * C: 61 62 63                   abc
 * }</pre>
 *
 * <p>Placement: behind TLS. In: {@link ByteBuf}, which are released when they are written; anything else is passed on. Out:
 * {@code ByteBuf}. {@link ConnectionEvent#DRAIN} lets the file that is under way finish, for the drain time of the limits.
 *
 * <p>Limits: a header is at most 4,117 bytes and must be whole within the handshake's time; a file's bytes come at the least
 * rate of the limits, and who says nothing for three heartbeats at its turn is cut off. Nothing is read while a file is opened
 * or published, nor while as many bytes as the limits' credit wait for the disk. Failure: {@code error CODE TEXT} and the end
 * of the connection; a file that is cut short is deleted; a listener that throws is logged. Not sharable.
 */
public final class SimpleUploadHandler extends ChannelInboundHandlerAdapter {
    private static final Duration HEADER_END = Duration.ofMillis(100);

    private final UploadStore store;
    private final UploadLimits limits;
    private final ServerConnection connection;
    private final Liveness liveness;
    private final SimpleInput input = new SimpleInput();
    private @Nullable SimpleFile file;
    private @Nullable Future<?> headerEnd;
    private boolean headerBegun = true;
    private boolean draining;

    /**
     * Makes a handler for one channel.
     *
     * @param store where files go; shared by all channels
     * @param limits what the connection may take; of them credit, handshake, heartbeat, least rate and drain time count
     * @param listener who is told of files
     */
    public SimpleUploadHandler(UploadStore store, UploadLimits limits, NetListener listener) {
        this.store = requireNonNull(store, "store");
        this.limits = requireNonNull(limits, "limits");
        this.connection = new ServerConnection(requireNonNull(listener, "listener"));
        this.liveness = new Liveness(connection, limits, null, (error, why) -> fail(new UploadException(error, why)));
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
        if (!(message instanceof ByteBuf in)) {
            ctx.fireChannelRead(message);
        } else if (connection.life() == Life.OPEN) {
            liveness.heard(in.readableBytes());
            input.add(ctx.alloc(), in);
            proceed();
        } else {
            in.release();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        liveness.blocked(connection.pauseWhileBlocked());
        ctx.fireChannelWritabilityChanged();
    }

    /** Uses what has come, as far as it goes. */
    private void proceed() {
        boolean more = true;
        while (more && connection.life() != Life.OVER) {
            more = file == null ? header() : data(file);
        }
        if (connection.life() == Life.INPUT_ENDED && input.isEmpty()) {
            inputEnded();
        }
    }

    // ---- headers

    private boolean header() {
        stopWaitingForTheEnd();
        try {
            SimpleHeader header = input.header();
            if (header == null && connection.life() == Life.INPUT_ENDED && !input.isEmpty()) {
                header = input.rest();
            }
            if (header == null) {
                waitForMore();
                return false;
            }
            begin(header);
            return true;
        } catch (UploadException e) {
            fail(e);
            return false;
        }
    }

    /** Of a header that has begun the rest must come, unless this is its end. */
    private void waitForMore() {
        if (input.isEmpty()) {
            return;
        }
        if (!headerBegun) {
            headerBegun = true;
            liveness.begins();
        }
        if (input.couldEndHere()) {
            headerEnd = connection.after(HEADER_END, this::headerEnds);
        }
    }

    private void stopWaitingForTheEnd() {
        if (headerEnd != null) {
            headerEnd.cancel(false);
            headerEnd = null;
        }
    }

    private void headerEnds() {
        headerEnd = null;
        if (connection.life() != Life.OVER && file == null && !input.isEmpty()) {
            try {
                begin(input.rest());
            } catch (UploadException e) {
                fail(e);
            }
        }
    }

    private void begin(SimpleHeader header) {
        headerBegun = false;
        liveness.known();
        SimpleFile begun = new SimpleFile(header, store, connection, limits.creditBytes(), new FileTurns());
        file = begun;
        begun.open();
    }

    // ---- files

    private boolean data(SimpleFile of) {
        if (!of.takesBytes()) {
            return false;
        }
        ByteBuf bytes = input.bytes(of.missing());
        if (bytes != null) {
            of.take(bytes);
        }
        return false; // for more bytes, or for the end of it
    }

    private final class FileTurns implements SimpleFile.Turns {
        @Override
        public void ready() {
            ChannelHandlerContext ctx = connection.context();
            ctx.writeAndFlush(ByteBufUtil.writeAscii(ctx.alloc(), "ready\n"));
            liveness.receiving(true);
            proceed();
        }

        @Override
        public void complete() {
            liveness.receiving(false);
        }

        @Override
        public void done() {
            file = null;
            if (draining) {
                end();
            } else {
                proceed();
            }
        }

        @Override
        public void failed(UploadException why) {
            fail(why);
        }
    }

    // ---- the end

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ConnectionEvent.DRAIN) {
            drain();
        } else if (event instanceof ChannelInputShutdownEvent) {
            connection.life(Life.INPUT_ENDED);
            proceed();
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    private void drain() {
        if (draining || connection.life() == Life.OVER) {
            return;
        }
        draining = true;
        if (file == null) {
            end();
        } else {
            connection.after(
                    limits.drain(), () -> fail(new UploadException(UploadError.SHUTTING_DOWN, "the server ends")));
        }
    }

    /** Nothing more comes: what is under way may be whole all the same. */
    private void inputEnded() {
        SimpleFile of = file;
        if (of == null) {
            end();
        } else if (of.takesBytes()) {
            fail(new UploadException(UploadError.SIZE_MISMATCH, "the file ended early"));
        }
    }

    private void end() {
        connection.life(Life.OVER);
        if (draining) {
            CloseCause.mark(connection.channel(), CloseCause.SHUTDOWN);
        }
        leave();
        if (connection.channel().isActive()) {
            Closing.afterWrites(connection.context());
        }
    }

    private void fail(UploadException why) {
        if (connection.life() == Life.OVER) {
            return;
        }
        connection.life(Life.OVER);
        if (file != null) {
            file.giveUp(why);
        }
        leave();
        if (connection.channel().isActive()) {
            ChannelHandlerContext ctx = connection.context();
            String text = "error " + why.error().code() + " " + Escaped.text(why.getMessage()) + "\n";
            connection.refuse(why.error(), !headerBegun, ByteBufUtil.writeUtf8(ctx.alloc(), text));
        }
    }

    /** Nothing is waited for any more, and nothing is used of what has come. */
    private void leave() {
        liveness.stop();
        stopWaitingForTheEnd();
        input.release();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        handlerRemoved(ctx);
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        connection.leave();
        if (file != null) {
            file.giveUp(new UploadException(UploadError.SIZE_MISMATCH, "the connection ended early"));
        }
        leave();
    }
}
