package io.ntk.tcp.upload;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.concurrent.ScheduledFuture;
import io.ntk.core.CloseCause;
import io.ntk.core.Closing;
import io.ntk.core.ConnectionEvent;
import io.ntk.core.HandshakeDeadlineHandler;
import io.ntk.core.NetListener;
import io.ntk.core.ReadGate;
import io.ntk.core.TrafficHandler;
import io.ntk.tcp.upload.UploadFrame.Capability;
import io.ntk.tcp.upload.store.Octets;
import io.ntk.tcp.upload.store.OnExists;
import io.ntk.tcp.upload.store.Receipt;
import io.ntk.tcp.upload.store.Upload;
import io.ntk.tcp.upload.store.UploadError;
import io.ntk.tcp.upload.store.UploadException;
import io.ntk.tcp.upload.store.UploadRequest;
import io.ntk.tcp.upload.store.UploadStore;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The receiving side of NTUP/1: gives what a peer sends to an {@link UploadStore}, and answers.
 *
 * <p>Placement: behind an {@link UploadFrameDecoder} and an {@link UploadFrameEncoder}. In: {@link UploadFrame}s and, behind
 * each {@link UploadFrame.Data}, its raw bytes as {@link ByteBuf}s, which are released when the store has written them;
 * anything else is passed on. Out: {@code UploadFrame}s. A {@link HandshakeDeadlineHandler} in the pipeline is removed when
 * the peer has proved who it is. {@link ConnectionEvent#DRAIN} lets files that are under way finish.
 *
 * <p>Memory: a peer can have at most the credit in flight, and one frame; more is a breach of the protocol. While the disk
 * queue of the store is full nothing is read, through the {@link ReadGate}. Failure: a peer that breaks the protocol gets an
 * ERROR and is closed; a file that fails fails alone. Not sharable.
 */
public final class UploadServerHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(UploadServerHandler.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int VERSION = 1;
    private static final int MIN_PEER_FRAME_BYTES = 16 * 1024;
    private static final int MAX_PUTS_WITHOUT_ANSWER = 4096;
    private static final long DONE_DELAY_MILLIS = 20;
    private static final int CRCS_A_FRAME = 2048;

    private final UploadStore store;
    private final UploadLimits limits;
    private final @Nullable Octets key;
    private final NetListener listener;
    private final Map<Long, Stream> streams = new HashMap<>();
    private final List<UploadFrame.Result> results = new ArrayList<>();

    private Phase phase = Phase.PREAMBLE;
    private UploadFrame.@Nullable Hello hello;
    private UploadFrame.@Nullable HelloAck ack;
    private UploadStore.@Nullable Caller caller;
    private String id = "";
    private String peer = "";
    private long lastStream;
    private int creditLeft;
    /* Credit that was used up by what is not yet written. */
    private long creditOut;
    private int creditDue;
    private int putsOpen;
    private @Nullable Stream receiving;
    private Upload.@Nullable Segment segment;
    private long rawToCome;
    private boolean flushDue;
    private boolean resultsDue;
    private boolean paused;
    private boolean closing;
    private boolean draining;
    private long heardAt;
    private long startedAt;
    private long saidAt;
    private long rateAt;
    private long rateBytes;
    private @Nullable ScheduledFuture<?> beat;

    private enum Phase {
        PREAMBLE,
        HELLO,
        AUTH,
        READY
    }

    /** A file of this connection. */
    private static final class Stream {
        private final long number;
        private final UploadRequest request;
        private final long startedAt = System.nanoTime();
        private @Nullable Upload upload;
        private int segmentBytes;
        /* What still comes is thrown away: it failed, or nothing of it is needed. */
        private boolean drained;
        private boolean committing;

        Stream(long number, UploadRequest request) {
            this.number = number;
            this.request = request;
        }
    }

    /**
     * Makes a handler for one channel.
     *
     * @param store where files go; shared by all channels
     * @param limits what the connection may take
     * @param key that the peer must have, or null for everybody
     * @param listener who is told of files
     */
    public UploadServerHandler(UploadStore store, UploadLimits limits, @Nullable Octets key, NetListener listener) {
        this.store = requireNonNull(store, "store");
        this.limits = requireNonNull(limits, "limits");
        this.key = key;
        this.listener = requireNonNull(listener, "listener");
    }

    // ---- the channel

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (ctx.channel().isActive()) {
            start(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        start(ctx);
        ctx.fireChannelActive();
    }

    private void start(ChannelHandlerContext ctx) {
        if (beat == null) {
            id = ctx.channel().id().asShortText();
            peer = TrafficHandler.name(ctx.channel().remoteAddress());
            heardAt = now(ctx);
            startedAt = heardAt;
            saidAt = heardAt;
            long every = Math.max(100, limits.heartbeat().toMillis() / 4);
            beat = ctx.executor().scheduleAtFixedRate(() -> beat(ctx), every, every, TimeUnit.MILLISECONDS);
        }
    }

    private static long now(ChannelHandlerContext ctx) {
        return ctx.executor().ticker().nanoTime();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf raw) {
            heardAt = now(ctx);
            raw(ctx, raw);
        } else if (message instanceof UploadFrame frame) {
            heardAt = now(ctx);
            if (!closing) {
                try {
                    frame(ctx, frame);
                } catch (UploadProtocolException e) {
                    fail(ctx, e.error(), String.valueOf(e.getMessage()));
                }
            }
        } else {
            ctx.fireChannelRead(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        flush(ctx);
        ctx.fireChannelReadComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ConnectionEvent.DRAIN) {
            drain(ctx);
        } else if (event instanceof ChannelInputShutdownEvent) {
            inputEnded(ctx);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    /** Files whose COMMIT has come are finished; the others end with their connection. */
    private void inputEnded(ChannelHandlerContext ctx) {
        closing = true;
        suspendAll(false);
        endWhenDone(ctx);
    }

    private void endWhenDone(ChannelHandlerContext ctx) {
        boolean busy = putsOpen > 0 || streams.values().stream().anyMatch(stream -> stream.committing);
        if (!busy && ctx.channel().isActive()) {
            sendResults(ctx);
            Closing.afterWrites(ctx);
        }
    }

    private void suspendAll(boolean committingToo) {
        for (Stream stream : List.copyOf(streams.values())) {
            if (!stream.committing || committingToo) {
                streams.remove(stream.number);
                suspend(stream);
            }
        }
    }

    private void suspend(Stream stream) {
        Upload upload = stream.upload;
        if (upload != null && !stream.drained) {
            upload.abort(true);
            if (!stream.committing) {
                tell(new UploadEvent.Suspended(id, peer, stream.request.path(), upload.contiguous()));
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        closing = true;
        if (beat != null) {
            beat.cancel(false);
        }
        suspendAll(true);
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (beat != null) {
            beat.cancel(false);
        }
        suspendAll(true);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof UploadProtocolException e) {
            fail(ctx, e.error(), String.valueOf(e.getMessage()));
        } else {
            ctx.fireExceptionCaught(cause);
        }
    }

    private void fail(ChannelHandlerContext ctx, UploadError error, String why) {
        if (closing) {
            return;
        }
        closing = true;
        LOG.debug("{} {}: {}", id, error, why);
        suspendAll(true);
        CloseCause cause =
                switch (error) {
                    case TIMEOUT, TOO_SLOW -> CloseCause.IDLE;
                    case SHUTTING_DOWN -> CloseCause.SHUTDOWN;
                    default -> CloseCause.PROTOCOL;
                };
        CloseCause.mark(ctx.channel(), cause);
        if (phase == Phase.PREAMBLE) {
            Closing.refuse(
                    ctx,
                    ByteBufUtil.writeAscii(ctx.alloc(), "error: this port speaks NTUP/1 (try: ntk upload send)\n"));
        } else {
            sendResults(ctx);
            Closing.refuse(ctx, UploadFrame.Failure.of(UploadFrame.CONNECTION, error, why));
        }
    }

    // ---- writing

    private void send(ChannelHandlerContext ctx, UploadFrame frame) {
        ctx.write(frame);
        saidAt = now(ctx);
        if (!flushDue) {
            flushDue = true;
            ctx.executor().execute(() -> flush(ctx));
        }
    }

    private void flush(ChannelHandlerContext ctx) {
        if (flushDue) {
            flushDue = false;
            ctx.flush();
        }
    }

    private void result(ChannelHandlerContext ctx, UploadFrame.Result result) {
        results.add(result);
        boolean idle = putsOpen == 0 && streams.values().stream().noneMatch(stream -> stream.committing);
        if (idle || results.size() >= UploadFrame.Done.MAX_RESULTS) {
            sendResults(ctx);
        } else if (!resultsDue) {
            resultsDue = true;
            ctx.executor().schedule(() -> sendResults(ctx), DONE_DELAY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void sendResults(ChannelHandlerContext ctx) {
        resultsDue = false;
        if (results.isEmpty() || !ctx.channel().isActive()) {
            return;
        }
        int room = maxPeerFrame();
        List<UploadFrame.Result> some = new ArrayList<>();
        int bytes = 16;
        for (UploadFrame.Result result : results) {
            int size = 64 + 3 * result.name().length();
            if (!some.isEmpty() && bytes + size > room) {
                send(ctx, new UploadFrame.Done(some));
                some.clear();
                bytes = 16;
            }
            some.add(result);
            bytes += size;
        }
        results.clear();
        send(ctx, new UploadFrame.Done(some));
    }

    private int maxPeerFrame() {
        return hello == null
                ? MIN_PEER_FRAME_BYTES
                : (int) Math.min(hello.maxFrame(), UploadFrameDecoder.MAX_FRAME_BYTES);
    }

    private void credit(ChannelHandlerContext ctx, int bytes) {
        creditOut -= bytes;
        creditDue += bytes;
        if (creditDue >= limits.creditBytes() / 8 || creditOut == 0) {
            sendCredit(ctx, null);
        }
    }

    private void sendCredit(ChannelHandlerContext ctx, @Nullable Stream stream) {
        if ((creditDue == 0 && stream == null) || closing || !ctx.channel().isActive()) {
            return;
        }
        int add = creditDue;
        creditLeft += add;
        creditDue = 0;
        Upload upload = stream == null ? null : stream.upload;
        send(
                ctx,
                stream == null || upload == null
                        ? new UploadFrame.Ack(UploadFrame.CONNECTION, 0, 0, 0, add)
                        : new UploadFrame.Ack(
                                stream.number, stream.request.epoch(), upload.contiguous(), upload.durable(), add));
    }

    // ---- time

    private void beat(ChannelHandlerContext ctx) {
        if (closing) {
            return;
        }
        long now = now(ctx);
        long heartbeat = limits.heartbeat().toNanos();
        if (paused) {
            heardAt = now; // who is not read cannot be heard
            rateAt = now;
            rateBytes = 0;
        }
        if (phase == Phase.READY && now - saidAt >= heartbeat) {
            send(ctx, new UploadFrame.Ping(now));
        }
        if (phase != Phase.READY && now - startedAt >= heartbeat) {
            fail(ctx, UploadError.TIMEOUT, "nobody has proved who it is");
            return;
        }
        if (now - heardAt >= 3 * heartbeat) {
            fail(ctx, UploadError.TIMEOUT, "nothing was heard for three heartbeats");
            return;
        }
        long window = limits.rateWindow().toNanos();
        if (rawToCome == 0) {
            rateAt = now;
            rateBytes = 0;
        } else if (now - rateAt >= window) {
            if (rateBytes < limits.minRate() * limits.rateWindow().toMillis() / 1000) {
                fail(ctx, UploadError.TOO_SLOW, "slower than " + limits.minRate() + " bytes a second");
                return;
            }
            rateAt = now;
            rateBytes = 0;
        }
    }

    private void drain(ChannelHandlerContext ctx) {
        if (draining) {
            return;
        }
        draining = true;
        if (phase != Phase.READY) {
            closing = true;
            CloseCause.mark(ctx.channel(), CloseCause.SHUTDOWN);
            ctx.close();
            return;
        }
        send(ctx, new UploadFrame.GoAway(lastStream, UploadError.SHUTTING_DOWN.code(), 0));
        drained(ctx);
    }

    private void drained(ChannelHandlerContext ctx) {
        if (draining && !closing && streams.isEmpty() && putsOpen == 0) {
            fail(ctx, UploadError.SHUTTING_DOWN, "the server ends");
        } else if (closing) {
            endWhenDone(ctx);
        }
    }

    // ---- raw bytes

    private void raw(ChannelHandlerContext ctx, ByteBuf raw) {
        int bytes = raw.readableBytes();
        rawToCome -= bytes;
        rateBytes += bytes;
        Upload.Segment into = segment;
        if (into == null || closing) {
            raw.release();
            credit(ctx, bytes);
        } else {
            into.write(raw.nioBuffer(), () -> {
                raw.release();
                onLoop(ctx, () -> credit(ctx, bytes));
            });
            if (store.isFull()) {
                pause(ctx);
            }
        }
        if (rawToCome == 0) {
            segment = null;
            receiving = null;
        }
    }

    private void pause(ChannelHandlerContext ctx) {
        if (!paused) {
            paused = true;
            ReadGate.of(ctx.channel()).pause(this);
            store.whenRoom(() -> onLoop(ctx, () -> {
                paused = false;
                ReadGate.of(ctx.channel()).resume(this);
            }));
        }
    }

    private static void onLoop(ChannelHandlerContext ctx, Runnable task) {
        try {
            ctx.executor().execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("an event loop has ended before its disk");
        }
    }

    // ---- frames

    private void frame(ChannelHandlerContext ctx, UploadFrame frame) {
        switch (phase) {
            case PREAMBLE -> {
                phase = Phase.HELLO;
                send(ctx, new UploadFrame.Preamble());
            }
            case HELLO -> {
                if (!(frame instanceof UploadFrame.Hello offer)) {
                    throw new UploadProtocolException(UploadError.AUTH_REQUIRED, "a frame before HELLO");
                }
                hello(ctx, offer);
            }
            case AUTH -> {
                if (!(frame instanceof UploadFrame.Auth auth)) {
                    throw new UploadProtocolException(UploadError.AUTH_REQUIRED, "a frame before AUTH");
                }
                auth(ctx, auth);
            }
            case READY -> ready(ctx, frame);
        }
    }

    private void hello(ChannelHandlerContext ctx, UploadFrame.Hello offer) {
        if (offer.versionMin() > VERSION || offer.versionMax() < VERSION) {
            throw new UploadProtocolException(UploadError.VERSION, "this server speaks version " + VERSION);
        }
        if (offer.maxFrame() < MIN_PEER_FRAME_BYTES) {
            throw new UploadProtocolException(
                    UploadError.PROTOCOL, "a longest frame of " + offer.maxFrame() + " (expected: at least 16384)");
        }
        byte[] nonce = new byte[32];
        RANDOM.nextBytes(nonce);
        hello = offer;
        ack = new UploadFrame.HelloAck(
                VERSION,
                key != null,
                limits.maxStreams(),
                UploadFrame.ALL_CAPABILITIES,
                UploadFrameDecoder.MAX_FRAME_BYTES,
                limits.maxInlineBytes(),
                UploadLimits.MIN_SEGMENT_BYTES,
                limits.segmentBytes(),
                limits.creditBytes(),
                store.options().maxFileBytes(),
                (int) limits.heartbeat().toSeconds(),
                (int) Math.min(Integer.MAX_VALUE, store.options().keep().toSeconds()),
                Octets.of(nonce),
                List.of());
        send(ctx, ack);
        if (key == null) {
            ready(ctx, "");
        } else {
            phase = Phase.AUTH;
        }
    }

    private void auth(ChannelHandlerContext ctx, UploadFrame.Auth auth) {
        byte[] certificate = UploadProof.certificate(ctx.channel(), UploadProof.Side.SERVER, UploadProof.Side.SERVER);
        UploadFrame.Hello offer = requireNonNull(hello);
        UploadFrame.HelloAck answer = requireNonNull(ack);
        Octets secret = requireNonNull(key);
        Octets expected = UploadProof.of(secret, UploadProof.Side.CLIENT, offer, answer, certificate);
        if (!UploadProof.same(expected, auth.proof())) {
            throw new UploadProtocolException(UploadError.AUTH_FAILED, "this is not the proof of our key");
        }
        send(ctx, new UploadFrame.AuthOk(UploadProof.of(secret, UploadProof.Side.SERVER, offer, answer, certificate)));
        ready(ctx, "key");
    }

    private void ready(ChannelHandlerContext ctx, String principal) {
        String proven = UploadPrincipal.of(ctx.channel(), principal);
        caller = new UploadStore.Caller(proven, countedAs(ctx.channel().remoteAddress(), proven));
        phase = Phase.READY;
        creditLeft = limits.creditBytes();
        UploadFrameDecoder decoder = ctx.pipeline().get(UploadFrameDecoder.class);
        if (decoder != null) {
            decoder.limit(UploadFrameDecoder.MAX_FRAME_BYTES);
        }
        if (ctx.pipeline().get(HandshakeDeadlineHandler.class) != null) {
            ctx.pipeline().remove(HandshakeDeadlineHandler.class);
        }
    }

    private static @Nullable String countedAs(SocketAddress address, String principal) {
        if (!principal.isEmpty()) {
            return principal;
        }
        return address instanceof InetSocketAddress inet
                        && inet.getAddress() != null
                        && !inet.getAddress().isLoopbackAddress()
                ? inet.getAddress().getHostAddress()
                : null;
    }

    private boolean can(Capability capability) {
        return hello != null && (hello.capabilities() & capability.bit()) != 0;
    }

    private void ready(ChannelHandlerContext ctx, UploadFrame frame) {
        if (frame instanceof UploadFrame.Data data) {
            data(ctx, data);
        } else if (frame instanceof UploadFrame.Put put) {
            put(ctx, put);
        } else if (frame instanceof UploadFrame.Open open) {
            open(ctx, open);
        } else if (frame instanceof UploadFrame.Commit commit) {
            commit(ctx, commit);
        } else if (frame instanceof UploadFrame.MakeFolder make) {
            makeFolder(ctx, make);
        } else if (frame instanceof UploadFrame.Abort abort) {
            abort(ctx, abort);
        } else if (frame instanceof UploadFrame.Ping ping) {
            send(ctx, new UploadFrame.Pong(ping.opaque()));
        } else if (frame instanceof UploadFrame.Failure failure) {
            failure(ctx, failure);
        } else if (!(frame instanceof UploadFrame.Pong)) {
            throw new UploadProtocolException(UploadError.PROTOCOL, "a frame that only servers send");
        }
    }

    private void rising(long stream) {
        if (stream <= lastStream) {
            throw new UploadProtocolException(
                    UploadError.PROTOCOL, "stream " + stream + " (expected: above " + lastStream + ")");
        }
        lastStream = stream;
    }

    private void open(ChannelHandlerContext ctx, UploadFrame.Open open) {
        rising(open.stream());
        Stream stream = new Stream(open.stream(), open.request());
        if (draining) {
            return; // GOAWAY has said so; its bytes are drained
        }
        if (streams.size() >= limits.maxStreams()) {
            refuse(ctx, stream, new UploadException(UploadError.TOO_MANY_UPLOADS, "as many streams as there may be"));
            return;
        }
        var opening =
                switch (open.start()) {
                    case NORMAL -> UploadStore.Opening.NORMAL;
                    case OPTIMISTIC -> UploadStore.Opening.OPTIMISTIC;
                    case RESUME -> UploadStore.Opening.RESUME;
                };
        if ((opening == UploadStore.Opening.OPTIMISTIC && !can(Capability.OPTIMISTIC))
                || (!open.request().hasSize() && !can(Capability.UNKNOWN_SIZE))) {
            throw new UploadProtocolException(UploadError.PROTOCOL, "OPEN of a kind that was not agreed on");
        }
        streams.put(stream.number, stream);
        stream.segmentBytes = open.request().segmentBytes();
        int max = (int)
                Math.min(limits.segmentBytes(), Math.max(requireNonNull(hello).maxSegment(), 256 * 1024));
        Upload upload = store.open(requireNonNull(caller), open.request(), opening, max, can(Capability.SHA256));
        stream.upload = upload;
        upload.opened().whenComplete((snapshot, failure) -> onLoop(ctx, () -> opened(ctx, stream, snapshot, failure)));
        upload.lost()
                .thenAccept(epoch -> onLoop(
                        ctx,
                        () -> refuse(
                                ctx,
                                stream,
                                new UploadException(
                                        UploadError.STALE_EPOCH, "another connection took over", epoch, 0))));
    }

    private void opened(
            ChannelHandlerContext ctx, Stream stream, Upload.@Nullable Snapshot snapshot, @Nullable Throwable failure) {
        if (snapshot == null) {
            refuse(ctx, stream, failure);
            return;
        }
        if (streams.get(stream.number) != stream || closing) {
            return;
        }
        Receipt receipt = snapshot.receipt();
        if (receipt != null) {
            boolean skipped = receipt.marks().contains(Receipt.Mark.SKIPPED)
                    && !receipt.marks().contains(Receipt.Mark.REPLAYED);
            var state = skipped ? UploadFrame.State.SKIPPED : UploadFrame.State.COMPLETE;
            send(ctx, opened(stream, snapshot, state, List.of(), List.of(), false));
            streams.remove(stream.number);
            stream.drained = true;
            done(ctx, stream, receipt);
            return;
        }
        stream.segmentBytes = snapshot.segmentBytes();
        tell(new UploadEvent.Opened(id, peer, stream.request.path(), stream.request.size(), snapshot.contiguous()));
        sendOpened(ctx, stream, snapshot);
    }

    /** As many frames as the lists of ranges and CRCs take. */
    private void sendOpened(ChannelHandlerContext ctx, Stream stream, Upload.Snapshot snapshot) {
        BitSet verified = snapshot.verified();
        var state = verified.isEmpty() ? UploadFrame.State.NEW : UploadFrame.State.PARTIAL;
        List<UploadFrame.Range> ranges = new ArrayList<>();
        List<UploadFrame.Crcs> crcs = new ArrayList<>();
        int room = Math.min(CRCS_A_FRAME, (maxPeerFrame() - 64) / 24);
        int used = 0;
        for (int from = verified.nextSetBit(0); from >= 0; ) {
            int end = Math.min(verified.nextClearBit(from), from + room - used);
            List<Integer> each = new ArrayList<>();
            for (int s = from; s < end; s++) {
                each.add(snapshot.crcs().get(s));
            }
            ranges.add(new UploadFrame.Range(from, end - from));
            crcs.add(new UploadFrame.Crcs(from, each));
            used += end - from;
            from = verified.nextSetBit(end);
            if (used >= room && from >= 0) {
                send(ctx, opened(stream, snapshot, state, ranges, crcs, true));
                ranges.clear();
                crcs.clear();
                used = 0;
            }
        }
        send(ctx, opened(stream, snapshot, state, ranges, crcs, false));
    }

    private static UploadFrame.Opened opened(
            Stream stream,
            Upload.Snapshot snapshot,
            UploadFrame.State state,
            List<UploadFrame.Range> ranges,
            List<UploadFrame.Crcs> crcs,
            boolean more) {
        OnExists policy = snapshot.policy();
        return new UploadFrame.Opened(
                stream.number,
                snapshot.epoch(),
                state,
                policy,
                snapshot.segmentBytes(),
                snapshot.verified().cardinality(),
                snapshot.contiguous(),
                ranges,
                crcs,
                more);
    }

    private void data(ChannelHandlerContext ctx, UploadFrame.Data data) {
        if (data.stream() > lastStream) {
            throw new UploadProtocolException(UploadError.PROTOCOL, "DATA before OPEN");
        }
        useCredit(data.rawBytes());
        rawToCome = data.rawBytes();
        rateAt = now(ctx);
        rateBytes = 0;
        Stream stream = streams.get(data.stream());
        receiving = stream;
        Upload upload = stream == null || stream.drained ? null : stream.upload;
        if (stream == null || upload == null || stream.committing) {
            segment = null; // drained in silence
            return;
        }
        Upload.Segment begun = upload.segment(data.offset(), data.rawBytes(), data.crc32c());
        segment = begun;
        begun.verdict()
                .whenComplete(
                        (verdict, failure) -> onLoop(ctx, () -> judged(ctx, stream, data.offset(), verdict, failure)));
    }

    private void useCredit(int bytes) {
        if (bytes > creditLeft) {
            throw new UploadProtocolException(
                    UploadError.PROTOCOL, bytes + " raw bytes with a credit of " + creditLeft);
        }
        creditLeft -= bytes;
        creditOut += bytes;
    }

    private void judged(
            ChannelHandlerContext ctx,
            Stream stream,
            long offset,
            Upload.@Nullable Verdict verdict,
            @Nullable Throwable failure) {
        if (streams.get(stream.number) != stream || closing) {
            return;
        }
        if (verdict == null) {
            refuse(ctx, stream, failure);
            return;
        }
        if (verdict == Upload.Verdict.CORRUPT) {
            long number = offset / Math.max(1, stream.segmentBytes);
            send(
                    ctx,
                    new UploadFrame.Nak(
                            stream.number,
                            stream.request.epoch(),
                            List.of(new UploadFrame.Refused(number, UploadError.SEGMENT_CRC.code()))));
        } else if (verdict == Upload.Verdict.VERIFIED) {
            sendCredit(ctx, stream);
        }
    }

    private void commit(ChannelHandlerContext ctx, UploadFrame.Commit commit) {
        Stream stream = streams.get(commit.stream());
        Upload upload = stream == null ? null : stream.upload;
        if (stream == null || upload == null || stream.drained) {
            if (commit.stream() > lastStream) {
                throw new UploadProtocolException(UploadError.PROTOCOL, "COMMIT before OPEN");
            }
            return;
        }
        if (stream.committing) {
            throw new UploadProtocolException(UploadError.PROTOCOL, "COMMIT while it is being committed");
        }
        stream.committing = true;
        upload.commit(commit.finalSize(), commit.sha256())
                .whenComplete((receipt, failure) -> onLoop(ctx, () -> committed(ctx, stream, receipt, failure)));
    }

    private void committed(
            ChannelHandlerContext ctx, Stream stream, @Nullable Receipt receipt, @Nullable Throwable failure) {
        if (receipt != null) {
            if (streams.remove(stream.number) == stream && ctx.channel().isActive()) {
                done(ctx, stream, receipt);
                drained(ctx);
            } else {
                tell(new UploadEvent.Done(id, peer, receipt, Duration.ofNanos(System.nanoTime() - stream.startedAt)));
            }
            return;
        }
        stream.committing = false;
        Throwable why = cause(failure);
        if (streams.get(stream.number) != stream) {
            return;
        }
        if (why instanceof Upload.Missing missing && !closing) {
            List<UploadFrame.Refused> segments = missing.segments().stream()
                    .map(number -> new UploadFrame.Refused(number, UploadError.INCOMPLETE.code()))
                    .toList();
            send(ctx, new UploadFrame.Nak(stream.number, stream.request.epoch(), segments));
            send(ctx, UploadFrame.Failure.of(stream.number, UploadError.INCOMPLETE, String.valueOf(why.getMessage())));
        } else {
            refuse(ctx, stream, why);
        }
    }

    private static @Nullable Throwable cause(@Nullable Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** Ends a file by an ERROR; what still comes on its stream is drained. */
    private void refuse(ChannelHandlerContext ctx, Stream stream, @Nullable Throwable failure) {
        UploadException why = asUpload(failure);
        boolean was = streams.remove(stream.number) == stream;
        if (stream.drained) {
            return;
        }
        stream.drained = true;
        if (stream.upload != null && why.error() != UploadError.STALE_EPOCH) {
            stream.upload.abort(true);
        }
        if (receiving == stream) {
            receiving = null; // the store throws away the rest of the segment
        }
        tell(new UploadEvent.Failed(id, peer, stream.request.path(), why.error(), why.getMessage()));
        boolean known = was || !streams.containsKey(stream.number);
        if (known && !closing && ctx.channel().isActive()) {
            boolean fourth = why.error() == UploadError.SEGMENT_CRC;
            send(
                    ctx,
                    new UploadFrame.Failure(
                            stream.number,
                            why.error().code(),
                            fourth ? UploadError.Retry.NEVER : why.error().retry(),
                            0,
                            why.expected(),
                            why.provided(),
                            why.getMessage()));
        }
        drained(ctx);
    }

    private static UploadException asUpload(@Nullable Throwable failure) {
        Throwable why = cause(failure);
        if (why instanceof UploadException known) {
            return known;
        }
        LOG.warn("a fault of the server", why);
        return new UploadException(UploadError.INTERNAL, "a fault of the server");
    }

    private void done(ChannelHandlerContext ctx, Stream stream, Receipt receipt) {
        tell(new UploadEvent.Done(id, peer, receipt, Duration.ofNanos(System.nanoTime() - stream.startedAt)));
        result(ctx, result(stream.number, receipt));
    }

    private static UploadFrame.Result result(long stream, Receipt receipt) {
        int flags = 0;
        for (Receipt.Mark mark : receipt.marks()) {
            flags |= switch (mark) {
                case DURABLE -> UploadFrame.Result.DURABLE;
                case RENAMED -> UploadFrame.Result.RENAMED;
                case SKIPPED -> UploadFrame.Result.SKIPPED;
                case REPLAYED -> UploadFrame.Result.REPLAYED;
            };
        }
        return new UploadFrame.Result(
                stream, 0, flags, receipt.size(), receipt.crc32c(), receipt.sha256(), receipt.name());
    }

    private void put(ChannelHandlerContext ctx, UploadFrame.Put put) {
        rising(put.stream());
        if (put.data().size() > limits.maxInlineBytes()) {
            throw new UploadProtocolException(
                    UploadError.PROTOCOL,
                    "PUT of " + put.data().size() + " bytes (expected: at most " + limits.maxInlineBytes() + ")");
        }
        if (putsOpen >= MAX_PUTS_WITHOUT_ANSWER) {
            throw new UploadProtocolException(
                    UploadError.PROTOCOL, "more than " + MAX_PUTS_WITHOUT_ANSWER + " PUTs without DONE");
        }
        useCredit(put.data().size());
        if (draining) {
            credit(ctx, put.data().size());
            return;
        }
        Stream stream = new Stream(put.stream(), put.request());
        putsOpen++;
        store.put(requireNonNull(caller), put.request(), put.crc32c(), put.data())
                .whenComplete((receipt, failure) -> onLoop(ctx, () -> {
                    credit(ctx, put.data().size());
                    answered(ctx, stream, receipt, failure);
                }));
        if (store.isFull()) {
            pause(ctx);
        }
    }

    private void answered(
            ChannelHandlerContext ctx, Stream stream, @Nullable Receipt receipt, @Nullable Throwable failure) {
        putsOpen--;
        if (receipt != null) {
            done(ctx, stream, receipt);
        } else {
            UploadException why = asUpload(failure);
            tell(new UploadEvent.Failed(id, peer, stream.request.path(), why.error(), why.getMessage()));
            result(ctx, new UploadFrame.Result(stream.number, why.error().code(), 0, 0, 0, null, why.getMessage()));
        }
        drained(ctx);
    }

    private void makeFolder(ChannelHandlerContext ctx, UploadFrame.MakeFolder make) {
        rising(make.stream());
        if (draining) {
            return;
        }
        if (putsOpen >= MAX_PUTS_WITHOUT_ANSWER) {
            throw new UploadProtocolException(
                    UploadError.PROTOCOL, "more than " + MAX_PUTS_WITHOUT_ANSWER + " PUTs without DONE");
        }
        UploadFrame.Folder folder = make.folder();
        putsOpen++;
        store.makeFolder(folder.path(), folder.mode(), folder.modified())
                .whenComplete((receipt, failure) -> onLoop(ctx, () -> {
                    putsOpen--;
                    if (receipt != null) {
                        result(ctx, result(make.stream(), receipt));
                    } else {
                        UploadException why = asUpload(failure);
                        tell(new UploadEvent.Failed(id, peer, folder.path(), why.error(), why.getMessage()));
                        result(
                                ctx,
                                new UploadFrame.Result(
                                        make.stream(), why.error().code(), 0, 0, 0, null, why.getMessage()));
                    }
                    drained(ctx);
                }));
    }

    private void abort(ChannelHandlerContext ctx, UploadFrame.Abort abort) {
        Stream stream = streams.get(abort.stream());
        if (stream == null || stream.committing || stream.drained || abort.epoch() != stream.request.epoch()) {
            return;
        }
        streams.remove(stream.number);
        stream.drained = true;
        if (stream.upload != null) {
            stream.upload.abort(abort.keep());
        }
        UploadError error = UploadError.of(abort.code());
        tell(new UploadEvent.Failed(
                id,
                peer,
                stream.request.path(),
                error == null ? UploadError.PROTOCOL : error,
                "given up by its sender"));
        drained(ctx);
    }

    private void failure(ChannelHandlerContext ctx, UploadFrame.Failure failure) {
        if (failure.stream() == UploadFrame.CONNECTION) {
            closing = true;
            suspendAll(true);
            CloseCause.mark(ctx.channel(), CloseCause.PEER);
            ctx.close();
            return;
        }
        Stream stream = streams.remove(failure.stream());
        if (stream != null) {
            suspend(stream);
            stream.drained = true;
        }
    }

    private void tell(UploadEvent event) {
        try {
            listener.on(event);
        } catch (RuntimeException e) {
            LOG.warn("a listener failed on {}", event.name(), e);
        }
    }
}
