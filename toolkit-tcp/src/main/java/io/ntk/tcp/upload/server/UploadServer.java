package io.ntk.tcp.upload.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.concurrent.Future;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.EventLoops;
import io.ntk.core.Limits;
import io.ntk.core.ListenOptions;
import io.ntk.core.NetListener;
import io.ntk.core.Protocol;
import io.ntk.core.Reason;
import io.ntk.core.RefusalAnswer;
import io.ntk.core.RefusalReason;
import io.ntk.core.Server;
import io.ntk.core.TlsMismatchHandler;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrameDecoder;
import io.ntk.tcp.upload.UploadFrameEncoder;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadStore;
import io.ntk.tcp.upload.store.files.FileStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Receives files into a folder, by NTUP/1 and, where the options say so, by the simple protocol on the same port.
 *
 * <p>Closing the server lets the files that are under way finish, for the drain time of the listen options' limits; who stays
 * is told 108, and cut two seconds later. Then the store ends: what is unfinished can be resumed by the next server of the same
 * folder. The handshake's time is that of the listen options' limits as well; zero is no limit there.
 *
 * <p>Threads: connections on event loops, the disk on threads of the store. A {@link NetListener} is called on event loops, with
 * an {@link UploadEvent} for each file besides the events of every server, and must not block.
 */
public final class UploadServer {
    private static final int MIN_READ_BYTES = 1024;
    private static final int FIRST_READ_BYTES = 16 * 1024;
    private static final int MAX_READ_BYTES = 1 << 20;

    /* Longer than any connection: an operator may want no limit. */
    private static final Duration NO_LIMIT = Duration.ofDays(3650);

    private final UploadOptions options;
    private final UploadLimits limits;
    private final UploadStore store;
    private final NetListener listener;
    private final UploadFrameEncoder encoder = new UploadFrameEncoder();

    private UploadServer(UploadOptions options, UploadStore store, NetListener listener) {
        Limits listen = options.listen().limits();
        this.options = options;
        this.limits = options.limits()
                .withHandshakeAndDrain(listen.handshake().isZero() ? NO_LIMIT : listen.handshake(), listen.drain());
        this.store = store;
        this.listener = listener;
    }

    /**
     * Starts a server on event loops of its own.
     *
     * @param options what it is like
     * @param listener who is told what happens
     * @return the server; closing it ends its event loops too
     * @throws UncheckedIOException when an endpoint cannot be listened on, the TLS files or the folder cannot be used, or
     *     another server has the folder
     * @throws IllegalArgumentException when the transport does not work here
     */
    public static Server start(UploadOptions options, NetListener listener) {
        return start(options, listener, protocol -> Server.start(protocol, listen(options), listener));
    }

    /**
     * Starts a server on event loops of the caller's.
     *
     * @param options what it is like; transport and loops in it are not used
     * @param loops the event loops, which closing the server leaves alone
     * @param listener who is told what happens
     * @return the server
     * @throws UncheckedIOException as the other {@code start}
     */
    public static Server start(UploadOptions options, EventLoops loops, NetListener listener) {
        return start(options, listener, protocol -> Server.start(protocol, listen(options), loops, listener));
    }

    /** The handlers keep the drain time themselves, so that they can say good-bye; who stays then is cut. */
    private static ListenOptions listen(UploadOptions options) {
        Limits limits = options.listen().limits();
        return options.listen().withLimits(limits.withDrain(limits.drain().plus(Closing.MAX_WAIT)));
    }

    private static Server start(UploadOptions options, NetListener listener, Function<Protocol, Server> bind) {
        FileStore store;
        try {
            store = FileStore.open(options.store());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot receive into " + options.store().folder() + ": " + Reason.of(e), e);
        }
        try {
            return bind.apply(new UploadServer(options, store, listener).protocol())
                    .endingWith(store::close);
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private Protocol protocol() {
        return new Protocol(UploadEvent.SERVICE, "tcp", "tls", Protocol.Accept.MANY, refusal(), this::assemble);
    }

    /** Who is not served is told in the words of its protocol; its first byte tells which, where there are two. */
    private RefusalAnswer refusal() {
        return options.dialect() == UploadOptions.Dialect.NTUP
                ? UploadServer::inFrames
                : RefusalAnswer.byFirstByte(
                        UploadFrame.Preamble.FIRST_BYTE, UploadServer::inFrames, UploadServer::inText);
    }

    private static ByteBuf inFrames(ByteBufAllocator allocator, RefusalReason reason) {
        ByteBuf out = allocator.buffer();
        UploadFrameEncoder.write(new UploadFrame.Preamble(), out);
        UploadFrameEncoder.write(UploadFrame.Failure.of(UploadFrame.CONNECTION, error(reason), reason.text()), out);
        return out;
    }

    private static ByteBuf inText(ByteBufAllocator allocator, RefusalReason reason) {
        return ByteBufUtil.writeUtf8(allocator, "error " + error(reason).code() + " " + reason.text() + "\n");
    }

    /** Who is not allowed need not try again. */
    private static UploadError error(RefusalReason reason) {
        return switch (reason) {
            case DENIED, NOT_TLS -> UploadError.AUTH_FAILED;
            case FULL, ADDRESS_FULL, TOO_FAST, ONCE -> UploadError.TOO_MANY_CONNECTIONS;
        };
    }

    /** The protocol's part of a connection's pipeline. */
    private void assemble(ChannelPipeline pipeline) {
        pipeline.channel()
                .config()
                .setRecvByteBufAllocator(
                        new AdaptiveRecvByteBufAllocator(MIN_READ_BYTES, FIRST_READ_BYTES, MAX_READ_BYTES));
        if (options.listen().tls() == null) {
            pipeline.addLast(new TlsMismatchHandler(TlsMismatchHandler.Port.PLAIN));
        }
        if (options.dialect() == UploadOptions.Dialect.NTUP) {
            ntup(pipeline);
        } else {
            pipeline.addLast(new DialectHandler());
        }
    }

    private void ntup(ChannelPipeline pipeline) {
        pipeline.addLast(new UploadFrameDecoder(UploadFrameDecoder.MAX_UNPROVEN_FRAME_BYTES));
        pipeline.addLast(encoder);
        pipeline.addLast(new UploadServerHandler(store, limits, options.key(), listener));
    }

    /**
     * Tells the protocols apart by the first byte: no name begins with that of the preamble, which is not UTF-8. The time
     * until it comes is part of the handshake's.
     */
    private final class DialectHandler extends ChannelInboundHandlerAdapter {
        private long startedAt;
        private @Nullable Future<?> deadline;

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            startedAt = ctx.executor().ticker().nanoTime();
            deadline = ctx.executor()
                    .schedule(
                            () -> {
                                CloseCause.mark(ctx.channel(), CloseCause.HANDSHAKE_TIMEOUT);
                                ctx.close();
                            },
                            limits.handshake().toNanos(),
                            TimeUnit.NANOSECONDS);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            if (deadline != null) {
                deadline.cancel(false);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!(message instanceof ByteBuf in) || !in.isReadable()) {
                ctx.fireChannelRead(message);
                return;
            }
            ChannelPipeline pipeline = ctx.pipeline();
            String self = ctx.name();
            if (in.getByte(in.readerIndex()) == UploadFrame.Preamble.FIRST_BYTE) {
                pipeline.addAfter(self, null, new UploadServerHandler(store, rest(ctx), options.key(), listener));
                pipeline.addAfter(self, null, encoder);
                pipeline.addAfter(self, null, new UploadFrameDecoder(UploadFrameDecoder.MAX_UNPROVEN_FRAME_BYTES));
            } else {
                pipeline.addAfter(self, null, new SimpleUploadHandler(store, limits, listener));
            }
            ctx.fireChannelRead(message);
            if (!ctx.isRemoved()) {
                pipeline.remove(this);
            }
        }

        /** The limits with what is left of the handshake's time. */
        private UploadLimits rest(ChannelHandlerContext ctx) {
            Duration waited = Duration.ofNanos(ctx.executor().ticker().nanoTime() - startedAt);
            Duration left = limits.handshake().minus(waited);
            return limits.withHandshakeAndDrain(left.isNegative() ? Duration.ofNanos(1) : left, limits.drain());
        }
    }
}
