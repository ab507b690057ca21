package io.ntk.tcp.upload.client.link;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.concurrent.ScheduledFuture;
import io.ntk.core.CloseCause;
import io.ntk.core.Connector;
import io.ntk.core.EventLoops;
import io.ntk.core.ReadGate;
import io.ntk.core.Reason;
import io.ntk.tcp.upload.UploadFrame;
import io.ntk.tcp.upload.UploadFrame.Capability;
import io.ntk.tcp.upload.UploadFrameDecoder;
import io.ntk.tcp.upload.UploadFrameEncoder;
import io.ntk.tcp.upload.UploadProof;
import io.ntk.tcp.upload.UploadProtocolException;
import io.ntk.tcp.upload.client.SendOptions;
import io.ntk.tcp.upload.client.source.Segment;
import io.ntk.tcp.upload.client.source.SourceFile;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.UploadError;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sender's end of one connection: greets, proves, answers heartbeats, and hands all other frames on.
 *
 * <p>Placement: last, behind {@link HearingHandler}, {@link UploadFrameDecoder} and {@link UploadFrameEncoder}. In:
 * {@link UploadFrame}. Out: the same, and raw bytes behind each {@link UploadFrame.Data}; no sign of life gets between these.
 * {@link #write} and {@link #close} may be called on any thread, everything else happens on the event loop. Not sharable.
 */
final class ClientConnection extends ChannelDuplexHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);
    private static final int MIN_PEER_FRAME_BYTES = 16 * 1024;
    static final int MAX_UNSEEN_FRAMES = 1024;
    static final int MAX_WAITING_SIGNS = 64;
    private static final int ENTRIES_OF_A_FRAME = 16;
    private static final Duration END = Duration.ofSeconds(1);

    /** Who is told, on the event loop. */
    interface Peer {
        /** Takes a frame; {@link ClientConnection#seen} is to be called when it has been dealt with. */
        void frame(ClientConnection connection, UploadFrame frame);

        /** The connection has ended; called once, after {@link ClientConnection#ready} is done well. */
        void closed(ClientConnection connection, Breakdown why);

        /** Bytes have gone out. */
        void written(ClientConnection connection);
    }

    private enum Phase {
        PREAMBLE,
        ACK,
        AUTH,
        READY,
        CLOSED
    }

    private final SendOptions options;
    private final Peer peer;
    private final CompletableFuture<ClientConnection> ready = new CompletableFuture<>();
    private final AtomicLong inFlight = new AtomicLong();
    private final AtomicInteger unseen = new AtomicInteger();
    private final Deque<UploadFrame> waitingSigns = new ArrayDeque<>();
    private final UploadFrame.Hello hello;
    private volatile @Nullable Channel channel;
    private volatile UploadFrame.@Nullable HelloAck ack;
    private volatile boolean open = true;
    private Phase phase = Phase.PREAMBLE;
    private @Nullable Breakdown why;
    private boolean paused;
    private long rawToGo;
    private long heardAt;
    private long saidAt;
    private @Nullable ScheduledFuture<?> beat;

    ClientConnection(SendOptions options, Peer peer) {
        this.options = options;
        this.peer = peer;
        byte[] nonce = new byte[32];
        RANDOM.nextBytes(nonce);
        long capabilities = UploadFrame.ALL_CAPABILITIES;
        if (options.digest() == SendOptions.Digest.NONE) {
            capabilities &= ~Capability.SHA256.bit();
        }
        this.hello = new UploadFrame.Hello(
                1,
                1,
                capabilities,
                UploadFrameDecoder.MAX_FRAME_BYTES,
                SendOptions.Pace.MAX_SEGMENT_BYTES,
                Octets.of(nonce),
                List.of());
        ready.whenComplete((done, failure) -> {
            if (ready.isCancelled()) {
                close(null);
            }
        });
    }

    /**
     * Connects, greets and proves.
     *
     * @return done when files can be sent; fails with a {@link LostException} or what connecting failed with; cancelling it
     *     ends the attempt and the connection
     */
    static CompletableFuture<ClientConnection> connect(SendOptions options, EventLoops loops, Peer peer) {
        ClientConnection connection = new ClientConnection(options, peer);
        CompletableFuture<Channel> connecting = Connector.connect(options.connect(), loops, connection::assemble);
        connecting.whenComplete((channel, failure) -> {
            if (failure != null) {
                connection.ready.completeExceptionally(failure);
            }
        });
        connection.ready.whenComplete((done, failure) -> {
            if (connection.ready.isCancelled()) {
                connecting.cancel(false);
            }
        });
        return connection.ready;
    }

    /** The whole pipeline behind proxy and TLS. */
    void assemble(ChannelPipeline pipeline) {
        channel = pipeline.channel();
        pipeline.addLast(new HearingHandler(() -> heardAt = now(pipeline.channel()), stranger -> {
            why = why == null ? stranger : why;
            pipeline.close();
        }));
        pipeline.addLast(new UploadFrameDecoder(UploadFrameDecoder.MAX_UNPROVEN_FRAME_BYTES));
        pipeline.addLast(new UploadFrameEncoder());
        pipeline.addLast(this);
    }

    /** A connection that ended before it could be used. */
    static final class LostException extends java.io.IOException {
        private static final long serialVersionUID = 1;
        private final transient Breakdown why;

        LostException(Breakdown why) {
            super(why.why());
            this.why = why;
        }

        Breakdown why() {
            return why;
        }
    }

    /** What {@link #connect} returns. */
    CompletableFuture<ClientConnection> ready() {
        return ready;
    }

    // ---- for the sending thread

    UploadFrame.HelloAck terms() {
        return requireNonNull(ack);
    }

    boolean can(Capability capability) {
        return (terms().capabilities() & hello.capabilities() & capability.bit()) != 0;
    }

    Channel channel() {
        return requireNonNull(channel);
    }

    boolean isOpen() {
        return open;
    }

    /** Raw bytes that the transport has not yet taken. */
    long inFlight() {
        return inFlight.get();
    }

    /** Takes a frame, or the pieces of a payload, in order. */
    void write(Object message) {
        int bytes = Segment.bytes(message);
        if (bytes > 0) {
            inFlight.addAndGet(bytes);
            channel().write(message).addListener(done -> {
                inFlight.addAndGet(-bytes);
                if (!done.isSuccess()) {
                    unsent(message);
                }
                peer.written(this);
            });
        } else {
            channel().write(message);
        }
    }

    /** A file that is shorter than what was announced of it ends the connection. */
    private void unsent(Object message) {
        String cut = SourceFile.cut(message);
        if (cut != null && why == null) {
            why = Breakdown.passing(cut);
        }
    }

    void flush() {
        channel().flush();
    }

    /** A frame that was handed on has been dealt with. */
    void seen(UploadFrame frame) {
        int weight = weight(frame);
        int left = unseen.addAndGet(-weight);
        int few = MAX_UNSEEN_FRAMES / 4;
        if (left <= few && left + weight > few) {
            onLoop(channel(), this::resume);
        }
    }

    /** How much of a limit in frames it takes: what has a list weighs more. */
    private static int weight(UploadFrame frame) {
        int entries = 0;
        if (frame instanceof UploadFrame.Opened opened) {
            entries = opened.ranges().size();
            for (UploadFrame.Crcs each : opened.crcs()) {
                entries += each.crcs().size();
            }
        } else if (frame instanceof UploadFrame.Nak nak) {
            entries = nak.segments().size();
        } else if (frame instanceof UploadFrame.Done done) {
            entries = done.results().size();
        }
        return 1 + entries / ENTRIES_OF_A_FRAME;
    }

    private static void onLoop(Channel channel, Runnable task) {
        try {
            channel.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            return; // the loops have ended, and with them the connection
        }
    }

    /** Ends it for a fault of the receiver's, or since all is done. */
    void close(@Nullable Breakdown fault) {
        Channel to = channel;
        if (to != null) {
            onLoop(to, () -> {
                if (fault != null && why == null) {
                    why = fault;
                }
                CloseCause.mark(to, fault == null ? CloseCause.LOCAL : CloseCause.PROTOCOL);
                to.close();
            });
        }
    }

    /** Waits a moment until it has ended: with the event loops may end what has not gone out yet. */
    void awaitEnd() {
        Channel last = channel;
        if (last != null && !last.closeFuture().awaitUninterruptibly(END.toMillis())) {
            LOG.debug("{} has not ended", last.id());
        }
    }

    // ---- on the event loop

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        long now = now(ctx.channel());
        heardAt = now;
        saidAt = now;
        beat = ctx.executor().schedule(() -> end(ctx, Breakdown.tooLate()), HANDSHAKE.toNanos(), TimeUnit.NANOSECONDS);
        ctx.write(new UploadFrame.Preamble());
        ctx.writeAndFlush(hello);
    }

    private static long now(Channel channel) {
        return channel.eventLoop().ticker().nanoTime();
    }

    private void resume() {
        if (paused && unseen.get() < MAX_UNSEEN_FRAMES) {
            paused = false;
            heardAt = now(channel()); // who was not read could not be heard
            ReadGate.of(channel()).resume(this);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        saidAt = now(ctx.channel());
        if (message instanceof UploadFrame.Data data) {
            rawToGo = data.rawBytes();
        } else {
            rawToGo -= Segment.bytes(message);
        }
        ctx.write(message, promise);
        if (rawToGo == 0) {
            writeSigns(ctx);
        }
    }

    private void writeSigns(ChannelHandlerContext ctx) {
        while (!waitingSigns.isEmpty()) {
            saidAt = now(ctx.channel());
            ctx.write(waitingSigns.removeFirst());
        }
    }

    /**
     * Not within a payload; nor while the server takes nothing, or all that it asks for would pile up. Of many the last are
     * kept: what comes in between is a sign of life as good.
     */
    private void sign(ChannelHandlerContext ctx, UploadFrame frame) {
        if (waitingSigns.size() == MAX_WAITING_SIGNS) {
            waitingSigns.removeFirst();
        }
        waitingSigns.add(frame);
        sign(ctx);
    }

    private void sign(ChannelHandlerContext ctx) {
        if (rawToGo == 0 && ctx.channel().isWritable() && !waitingSigns.isEmpty()) {
            writeSigns(ctx);
            ctx.flush();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        sign(ctx);
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof UploadFrame frame)) {
            ctx.fireChannelRead(message);
            return;
        }
        switch (phase) {
            case PREAMBLE -> phase = Phase.ACK; // the decoder lets nothing else through first
            case ACK -> greeted(ctx, frame);
            case AUTH -> proven(ctx, frame);
            case READY -> ready(ctx, frame);
            case CLOSED -> {}
        }
    }

    private void greeted(ChannelHandlerContext ctx, UploadFrame frame) {
        if (!(frame instanceof UploadFrame.HelloAck answer)) {
            refused(ctx, frame);
            return;
        }
        String fault = fault(answer);
        if (fault != null) {
            end(ctx, Breakdown.lasting(UploadError.PROTOCOL.code(), "the server greets with " + fault));
            return;
        }
        ack = answer;
        if (!answer.sharedKey()) {
            if (options.key() != null) {
                end(
                        ctx,
                        Breakdown.lasting(
                                UploadError.AUTH_FAILED.code(),
                                "the server wants no key, so it may not be the one that has yours"));
                return;
            }
            begin(ctx);
            return;
        }
        Octets key = options.key();
        if (key == null) {
            end(ctx, Breakdown.lasting(UploadError.AUTH_REQUIRED.code(), "the server wants a key"));
            return;
        }
        phase = Phase.AUTH;
        ctx.writeAndFlush(new UploadFrame.Auth(proof(ctx, key, UploadProof.Side.CLIENT)));
    }

    private static @Nullable String fault(UploadFrame.HelloAck answer) {
        if (answer.version() != 1) {
            return "version " + answer.version();
        }
        if (answer.maxFrame() < MIN_PEER_FRAME_BYTES) {
            return "frames of " + answer.maxFrame() + " bytes";
        }
        boolean powers = Integer.bitCount(answer.segmentMin()) == 1 && Integer.bitCount(answer.segmentMax()) == 1;
        if (!powers || answer.segmentMin() > answer.segmentMax() || answer.segmentMax() > answer.credit() / 2) {
            return "segments of " + answer.segmentMin() + " to " + answer.segmentMax() + " bytes and a credit of "
                    + answer.credit();
        }
        if (answer.segmentMin() > SendOptions.Pace.MAX_SEGMENT_BYTES
                || answer.segmentMin() < UploadFrame.Data.MIN_SEGMENT_BYTES) {
            return "segments of at least " + answer.segmentMin() + " bytes";
        }
        return answer.heartbeatSeconds() < 1 || answer.maxStreams() < 1 ? "no heartbeat or no streams" : null;
    }

    private Octets proof(ChannelHandlerContext ctx, Octets key, UploadProof.Side side) {
        byte[] certificate = UploadProof.certificate(ctx.channel(), UploadProof.Side.SERVER, UploadProof.Side.CLIENT);
        return UploadProof.of(key, side, hello, terms(), certificate);
    }

    private void proven(ChannelHandlerContext ctx, UploadFrame frame) {
        if (!(frame instanceof UploadFrame.AuthOk answer)) {
            refused(ctx, frame);
            return;
        }
        Octets key = requireNonNull(options.key());
        if (UploadProof.same(answer.proof(), proof(ctx, key, UploadProof.Side.SERVER))) {
            begin(ctx);
        } else {
            end(ctx, Breakdown.lasting(UploadError.AUTH_FAILED.code(), "the server does not have the key"));
        }
    }

    private void refused(ChannelHandlerContext ctx, UploadFrame frame) {
        if (frame instanceof UploadFrame.Failure failure) {
            end(ctx, Breakdown.of(failure));
        } else if (frame instanceof UploadFrame.Hello echo && echo.equals(hello)) {
            end(ctx, Breakdown.stranger("the server sends back what it is sent (an echo service?)"));
        } else {
            end(ctx, Breakdown.stranger("the server does not greet as NTUP/1 has it"));
        }
    }

    private void begin(ChannelHandlerContext ctx) {
        phase = Phase.READY;
        ctx.pipeline().get(UploadFrameDecoder.class).limit(UploadFrameDecoder.MAX_FRAME_BYTES);
        stopBeat();
        long heartbeat = TimeUnit.SECONDS.toNanos(terms().heartbeatSeconds());
        beat = ctx.executor()
                .scheduleAtFixedRate(() -> beat(ctx, heartbeat), heartbeat / 4, heartbeat / 4, TimeUnit.NANOSECONDS);
        ready.complete(this);
    }

    private void beat(ChannelHandlerContext ctx, long heartbeat) {
        long now = now(ctx.channel());
        if (paused) {
            heardAt = now; // who is not read cannot be heard
        }
        if (now - heardAt >= 3 * heartbeat) {
            end(ctx, Breakdown.of(UploadError.TIMEOUT, "nothing was heard for three heartbeats"));
        } else if (now - saidAt >= heartbeat && waitingSigns.isEmpty()) {
            sign(ctx, new UploadFrame.Ping(now));
        }
    }

    private void ready(ChannelHandlerContext ctx, UploadFrame frame) {
        if (frame instanceof UploadFrame.Ping ping) {
            sign(ctx, new UploadFrame.Pong(ping.opaque()));
        } else if (frame instanceof UploadFrame.Failure failure && failure.stream() == UploadFrame.CONNECTION) {
            end(ctx, Breakdown.of(failure));
        } else if (!(frame instanceof UploadFrame.Pong)) {
            if (unseen.addAndGet(weight(frame)) >= MAX_UNSEEN_FRAMES && !paused) {
                paused = true;
                ReadGate.of(ctx.channel()).pause(this);
            }
            peer.frame(this, frame);
        }
    }

    private void end(ChannelHandlerContext ctx, Breakdown reason) {
        if (why == null) {
            why = reason;
        }
        ctx.close();
    }

    private void stopBeat() {
        if (beat != null) {
            beat.cancel(false);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            end(ctx, closed());
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof UploadProtocolException e) {
            end(
                    ctx,
                    phase == Phase.PREAMBLE
                            ? Breakdown.stranger("the server does not speak NTUP/1")
                            : Breakdown.lasting(e.error().code(), "the server sent " + e.getMessage()));
        } else {
            // Who closes without having read what came resets the connection.
            end(
                    ctx,
                    phase == Phase.PREAMBLE
                            ? closed()
                            : Breakdown.passing("the connection failed: " + Reason.of(cause)));
        }
    }

    private Breakdown closed() {
        return phase == Phase.PREAMBLE ? Breakdown.hungUp() : Breakdown.passing("the server closed the connection");
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        stopBeat();
        open = false;
        Breakdown reason = why == null ? closed() : why;
        Phase was = phase;
        phase = Phase.CLOSED;
        if (was == Phase.READY) {
            peer.closed(this, reason);
        } else {
            ready.completeExceptionally(new LostException(reason));
        }
        ctx.fireChannelInactive();
    }
}
